package main

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"runtime"
	"strings"

	"github.com/opencontainers/go-digest"
	oci "github.com/opencontainers/image-spec/specs-go/v1"
)

// The images on the node. They are made here, of the machine's static busybox: nothing is pulled.
const (
	pauseImage = "drover.test/pause:1"
	boxImage   = "drover.test/box:1"
)

var imageCommands = []struct {
	name    string
	command []string
}{
	{pauseImage, []string{"sleep", "2147483647"}},
	{boxImage, []string{"sh"}},
}

// importImages puts the images on the node.
func (c *cluster) importImages(ctx context.Context) error {
	archive, err := imageArchive()
	if err != nil {
		return err
	}
	file := c.path("images.tar")
	if err := writeFile(file, archive); err != nil {
		return err
	}
	defer os.Remove(file)
	return c.ctr(ctx, "images", "import", file)
}

// manifestEntry describes one image in the manifest.json of a docker-archive.
type manifestEntry struct {
	Config   string
	RepoTags []string
	Layers   []string
}

// imageArchive is a docker-archive of all images, which differ in their command alone.
func imageArchive() ([]byte, error) {
	const layerName = "layer.tar"
	layer, err := busyboxLayer()
	if err != nil {
		return nil, fmt.Errorf("images of busybox: %w", err)
	}
	files := []archiveFile{{tar.Header{Name: layerName, Mode: 0o644}, layer}}
	var manifest []manifestEntry
	for i, image := range imageCommands {
		config, err := json.Marshal(oci.Image{
			Platform: oci.Platform{Architecture: runtime.GOARCH, OS: "linux"},
			Config:   oci.ImageConfig{Env: []string{"PATH=/bin"}, Cmd: image.command},
			RootFS:   oci.RootFS{Type: "layers", DiffIDs: []digest.Digest{digest.FromBytes(layer)}},
		})
		if err != nil {
			return nil, err
		}
		configName := fmt.Sprintf("config-%d.json", i)
		files = append(files, archiveFile{tar.Header{Name: configName, Mode: 0o644}, config})
		manifest = append(manifest, manifestEntry{Config: configName, RepoTags: []string{image.name}, Layers: []string{layerName}})
	}
	content, err := json.Marshal(manifest)
	if err != nil {
		return nil, err
	}
	return archive(append(files, archiveFile{tar.Header{Name: "manifest.json", Mode: 0o644}, content}))
}

// busyboxLayer is a root file system with busybox under the name of each of its applets.
func busyboxLayer() ([]byte, error) {
	content, err := os.ReadFile(busybox)
	if err != nil {
		return nil, err
	}
	applets, err := exec.Command(busybox, "--list").Output()
	if err != nil {
		return nil, err
	}
	folder := func(name string, mode int64) archiveFile {
		return archiveFile{header: tar.Header{Typeflag: tar.TypeDir, Name: name + "/", Mode: mode}}
	}
	files := []archiveFile{
		folder("bin", 0o755),
		folder("etc", 0o755),
		folder("tmp", 0o1777),
		folder("www", 0o755),
		{tar.Header{Name: "bin/busybox", Mode: 0o755}, content},
		{tar.Header{Name: "etc/passwd", Mode: 0o644}, []byte("root:x:0:0:root:/:/bin/sh\n")},
	}
	for applet := range strings.FieldsSeq(string(applets)) {
		if applet != "busybox" {
			link := tar.Header{Typeflag: tar.TypeSymlink, Name: path.Join("bin", applet), Linkname: "busybox"}
			files = append(files, archiveFile{header: link})
		}
	}
	return archive(files)
}

type archiveFile struct {
	header  tar.Header
	content []byte
}

func archive(files []archiveFile) ([]byte, error) {
	var buffer bytes.Buffer
	writer := tar.NewWriter(&buffer)
	for _, file := range files {
		file.header.Size = int64(len(file.content))
		if err := writer.WriteHeader(&file.header); err != nil {
			return nil, err
		}
		if _, err := writer.Write(file.content); err != nil {
			return nil, err
		}
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	return buffer.Bytes(), nil
}
