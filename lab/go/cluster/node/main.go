// lab-node holds the programs of a real node of the lab: its first argument says which one runs.
package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
	"k8s.io/component-base/cli"
	cri "k8s.io/cri-client/pkg"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

func main() {
	if len(os.Args) < 2 {
		fail("usage: %s kubelet|kube-proxy|await-runtime|certificate [argument...]", filepath.Base(os.Args[0]))
	}
	program := os.Args[1]
	os.Args = append([]string{program}, os.Args[2:]...)
	switch program {
	case "kubelet":
		run(kubelet.NewKubeletCommand(context.Background()))
	case "kube-proxy":
		run(proxy.NewProxyCommand())
	case "await-runtime":
		if err := awaitRuntime(os.Args[1]); err != nil {
			fail("%s does not answer: %v", os.Args[1], err)
		}
	case "certificate":
		if err := writeCertificate(os.Args[1], os.Args[2]); err != nil {
			fail("certificate: %v", err)
		}
	default:
		fail("unknown program %q", program)
	}
}

// awaitRuntime returns when a container runtime answers at its socket: a kubelet that asks it earlier ends.
func awaitRuntime(socket string) error {
	ask := func(ctx context.Context) (bool, error) {
		_, err := cri.NewRemoteRuntimeService(ctx, "unix://"+socket, time.Second, nil, false)
		return err == nil, nil
	}
	return wait.PollUntilContextTimeout(context.Background(), 100*time.Millisecond, time.Minute, true, ask)
}

// writeCertificate writes the certificate that the API server shows to kubelets, and its key. It has no other signer, so
// it is also what kubelets check it against.
func writeCertificate(certificateFile, keyFile string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	certificate, err := cert.NewSelfSignedCACert(cert.Config{
		CommonName:   "kube-apiserver",
		Organization: []string{"system:masters"},
	}, key)
	if err != nil {
		return err
	}
	pem, err := keyutil.MarshalPrivateKeyToPEM(key)
	if err != nil {
		return err
	}
	if err := keyutil.WriteKey(keyFile, pem); err != nil {
		return err
	}
	encoded, err := cert.EncodeCertificates(certificate)
	if err != nil {
		return err
	}
	return cert.WriteCert(certificateFile, encoded)
}

func run(command *cobra.Command) {
	os.Exit(cli.Run(command))
}

func fail(format string, values ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", values...)
	os.Exit(2)
}
