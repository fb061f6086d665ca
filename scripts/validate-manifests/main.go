// Checks manifests with the programs' own code instead of a description of it: Kubernetes' strict decoder and the merge of its
// server-side apply, Helm's template engine and its lint, Kustomize, and Compose's loader. Needs no cluster and no network.
//
//	validate-manifests strict FILE...          one line a document: "ok", "custom" (not Kubernetes' own) or what is wrong
//	validate-manifests helm CHART VALUES       prints what the chart renders to
//	validate-manifests lint CHART VALUES       what "helm lint --strict" says, one line each; nothing when it is well
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
	"helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/yaml"
	applyconfigurations "k8s.io/client-go/applyconfigurations"
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
	case len(args) == 3 && args[0] == "lint":
		return lintChart(args[1], args[2], out)
	case len(args) == 2 && args[0] == "kustomize":
		return buildKustomization(args[1], out)
	case len(args) == 2 && args[0] == "compose":
		return loadCompose(args[1], out)
	}
	return errors.New("usage: validate-manifests strict FILE... | helm CHART VALUES | lint CHART VALUES | kustomize FOLDER | compose FILE")
}

// strict decodes every document of every file and fails when one has an unknown or doubled field or a wrong type, or is none that
// server-side apply can merge: it knows the items of most lists by a key, and takes none twice.
func strict(files []string, out io.Writer) error {
	decoder := serializer.NewCodecFactory(scheme.Scheme, serializer.EnableStrict).UniversalDeserializer()
	merger := applyconfigurations.NewTypeConverter(scheme.Scheme)
	wrong, total := 0, 0
	for _, file := range files {
		documents, err := split(file)
		if err != nil {
			return err
		}
		for _, document := range documents {
			total++
			object, _, err := decoder.Decode(document, nil, nil)
			if err == nil {
				_, err = merger.ObjectToTyped(object)
			}
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

// lintChart does what "helm lint --strict" does: a warning is an error; what is only recommended is not.
func lintChart(folder, valuesFile string, out io.Writer) error {
	given, err := chartutil.ReadValuesFile(valuesFile)
	if err != nil {
		return err
	}
	linter := lint.All(folder, given, "default", true)
	found := 0
	for _, message := range linter.Messages {
		if message.Severity >= support.WarningSev {
			found++
			fmt.Fprintln(out, strings.ReplaceAll(message.Error(), "\n", " "))
		}
	}
	if found > 0 {
		return fmt.Errorf("%d things are wrong with the chart", found)
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
