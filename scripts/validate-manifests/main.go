// Checks manifests with the programs' own code instead of a description of it: Kubernetes' strict decoder, Helm's
// template engine, Kustomize, and Compose's loader. Needs no cluster and no network.
//
//	validate-manifests strict FILE...          one line a document: "ok", "custom" (not Kubernetes' own) or what is wrong
//	validate-manifests helm CHART VALUES       prints what the chart renders to
//	validate-manifests kustomize FOLDER        prints what the folder builds to
//	validate-manifests compose FILE            loads a compose file with schema checks
package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	switch {
	case len(args) >= 2 && args[0] == "strict":
		return strict(args[1:], out)
	case len(args) == 3 && args[0] == "helm":
		return renderChart(args[1], args[2], out)
	case len(args) == 2 && args[0] == "kustomize":
		return buildKustomization(args[1], out)
	case len(args) == 2 && args[0] == "compose":
		return loadCompose(args[1], out)
	}
	return errors.New("usage: validate-manifests strict FILE... | helm CHART VALUES | kustomize FOLDER | compose FILE")
}

// strict decodes every document of every file and fails when one has an unknown or doubled field or a wrong type.
func strict(files []string, out io.Writer) error {
	decoder := serializer.NewCodecFactory(scheme.Scheme, serializer.EnableStrict).UniversalDeserializer()
	wrong, total := 0, 0
	for _, file := range files {
		documents, err := split(file)
		if err != nil {
			return err
		}
		for _, document := range documents {
			total++
			_, _, err := decoder.Decode(document, nil, nil)
			verdict := "ok"
			switch {
			case err != nil && runtime.IsNotRegisteredError(err):
				verdict = "custom"
			case err != nil:
				wrong++
				verdict = strings.ReplaceAll(err.Error(), "\n", " ")
			}
			fmt.Fprintf(out, "%s: %s: %s\n", file, kindOf(document), verdict)
		}
	}
	if total == 0 {
		return errors.New("no document to check")
	}
	if wrong > 0 {
		return fmt.Errorf("%d of %d documents are wrong", wrong, total)
	}
	return nil
}

func kindOf(document []byte) string {
	var object struct {
		Kind string `json:"kind"`
	}
	if err := yaml.Unmarshal(document, &object); err != nil || object.Kind == "" {
		return "?"
	}
	return object.Kind
}

// split gives the documents of a YAML file, without those that hold nothing but comments.
func split(file string) ([][]byte, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	reader := yaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(content)))
	var documents [][]byte
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return documents, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		var content map[string]any
		if err := yaml.Unmarshal(document, &content); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if len(content) > 0 {
			documents = append(documents, document)
		}
	}
}

// renderChart does what "helm template" does: checks the values against the chart's schema, then renders strictly.
func renderChart(folder, valuesFile string, out io.Writer) error {
	chart, err := loader.LoadDir(folder)
	if err != nil {
		return err
	}
	given, err := chartutil.ReadValuesFile(valuesFile)
	if err != nil {
		return err
	}
	release := chartutil.ReleaseOptions{Name: "site", Namespace: "default", IsInstall: true}
	values, err := chartutil.ToRenderValues(chart, given, release, chartutil.DefaultCapabilities)
	if err != nil {
		return err
	}
	rendered, err := engine.Engine{Strict: true}.Render(chart, values)
	if err != nil {
		return err
	}
	names := make([]string, 0, len(rendered))
	for name := range rendered {
		if strings.HasSuffix(name, ".yaml") {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Fprintf(out, "---\n%s\n", rendered[name])
	}
	return nil
}

func buildKustomization(folder string, out io.Writer) error {
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		return err
	}
	text, err := built.AsYaml()
	if err != nil {
		return err
	}
	_, err = out.Write(text)
	return err
}

func loadCompose(file string, out io.Writer) error {
	options, err := cli.NewProjectOptions([]string{file}, cli.WithName("webscada-edge"))
	if err != nil {
		return err
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, strings.Join(project.ServiceNames(), " "))
	return err
}
