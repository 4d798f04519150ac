package main

import (
	"archive/tar"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/compression"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Source is a file or folder, and where it is in the image. It makes a layer.
type Source struct {
	From, To string
	// Paths below the source that are left out.
	Without []string
}

func (source Source) layer(file string) (v1.Layer, error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return nil, err
	}
	if err := writeTar(file, source); err != nil {
		return nil, err
	}
	return tarball.LayerFromFile(file,
		tarball.WithCompression(compression.ZStd),
		tarball.WithMediaType(types.OCILayerZStd),
		tarball.WithCompressedCaching,
	)
}

// WriteTar writes the source so that it depends on names and contents alone: in the order of the names, with one time
// and owner, and with two modes, so that every user may read what the image holds.
func writeTar(file string, source Source) error {
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	defer out.Close()
	archive := tar.NewWriter(out)
	if err := addParents(archive, source.To); err != nil {
		return err
	}
	// Names of one folder come sorted.
	err = filepath.WalkDir(source.From, func(found string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		below, err := filepath.Rel(source.From, found)
		if err != nil {
			return err
		}
		if slices.Contains(source.Without, below) {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		return add(archive, found, path.Join(strings.TrimPrefix(source.To, "/"), filepath.ToSlash(below)))
	})
	if err != nil {
		return err
	}
	if err := archive.Close(); err != nil {
		return err
	}
	return out.Close()
}

// AddParents adds the folders above a path.
func addParents(archive *tar.Writer, to string) error {
	parent := path.Dir(strings.TrimPrefix(to, "/"))
	if parent == "." {
		return nil
	}
	if err := addParents(archive, parent); err != nil {
		return err
	}
	return archive.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: parent + "/", Mode: 0o755, Format: tar.FormatPAX})
}

func add(archive *tar.Writer, from, to string) error {
	if to == "." {
		return nil
	}
	info, err := os.Lstat(from)
	if err != nil {
		return err
	}
	header := &tar.Header{Name: to, Format: tar.FormatPAX}
	switch mode := info.Mode(); {
	case mode.IsDir():
		header.Typeflag, header.Name, header.Mode = tar.TypeDir, to+"/", 0o755
		if mode&fs.ModeSticky != 0 {
			header.Mode = 0o1777
		}
		return archive.WriteHeader(header)
	case mode&fs.ModeSymlink != 0:
		header.Typeflag, header.Mode = tar.TypeSymlink, 0o777
		if header.Linkname, err = os.Readlink(from); err != nil {
			return err
		}
		return archive.WriteHeader(header)
	case mode.IsRegular():
		header.Typeflag, header.Mode = tar.TypeReg, 0o644
		if mode&0o100 != 0 {
			header.Mode = 0o755
		}
	default:
		// A socket or a device: nothing that a package holds.
		return nil
	}
	content, err := os.Open(from)
	if err != nil {
		return err
	}
	defer content.Close()
	header.Size = info.Size()
	if err := archive.WriteHeader(header); err != nil {
		return err
	}
	_, err = io.Copy(archive, content)
	return err
}
