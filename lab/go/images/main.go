// Lab-images assembles a container image from files and folders, without a container engine: the one argument is a
// file that says what it is made of. The same files make the same image, to its digest.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/distribution/reference"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Plan is what an image is made of.
type Plan struct {
	// The names that containers use for it.
	Names        []string
	Architecture string
	Layers       []Source
	// What the image says of how it runs, in the words of OCI's image-spec: Entrypoint, Env, User, …
	Config v1.Config
	// The archive to write, an OCI layout in a tar.
	Archive string
}

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var plan Plan
	if err := json.Unmarshal(text, &plan); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	work := plan.Archive + ".work"
	defer os.RemoveAll(work)
	image, err := assemble(plan, work)
	if err != nil {
		return err
	}
	return archive(image, plan, filepath.Join(work, "layout"))
}

func assemble(plan Plan, work string) (v1.Image, error) {
	image, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{
		OS:           "linux",
		Architecture: plan.Architecture,
		Config:       plan.Config,
		RootFS:       v1.RootFS{Type: "layers"},
	})
	if err != nil {
		return nil, err
	}
	image = mutate.ConfigMediaType(mutate.MediaType(image, types.OCIManifestSchema1), types.OCIConfigJSON)
	for number, source := range plan.Layers {
		layer, err := source.layer(filepath.Join(work, fmt.Sprint("layer-", number)))
		if err != nil {
			return nil, err
		}
		added := mutate.Addendum{Layer: layer, MediaType: types.OCILayerZStd}
		if image, err = mutate.Append(image, added); err != nil {
			return nil, err
		}
	}
	return image, nil
}

// Archive writes the image with an entry of the index for each of its names: containerd makes a record of each.
func archive(image v1.Image, plan Plan, folder string) error {
	path, err := layout.Write(folder, empty.Index)
	if err != nil {
		return err
	}
	for _, name := range plan.Names {
		// As a runtime looks it up: with the registry's host, and of tag and digest the digest alone.
		named, err := reference.ParseDockerRef(name)
		if err != nil {
			return fmt.Errorf("%s is no name of an image: %w", name, err)
		}
		annotations := map[string]string{"io.containerd.image.name": named.String()}
		if err := path.AppendImage(image, layout.WithAnnotations(annotations)); err != nil {
			return err
		}
	}
	return writeTar(plan.Archive, Source{From: folder, To: "."})
}
