package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
)

func statusCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "status",
		Short: "Show the components, and which one is broken; exit 0 only if the cluster runs",
		Args:  cobra.NoArgs,
	}
	selected := flavourFlag(command)
	output := command.Flags().StringP("output", "o", "", `"json" for programs`)
	command.RunE = func(command *cobra.Command, _ []string) error {
		if *output != "" && *output != "json" {
			return fmt.Errorf("unknown output format %q: there is json", *output)
		}
		c, err := selected()
		if err != nil {
			return err
		}
		report, err := c.observe(command.Context(), 5*time.Second)
		if err != nil {
			return err
		}
		show := report.printTable
		if *output == "json" {
			show = report.printJSON
		}
		if err := show(command.OutOrStdout()); err != nil {
			return err
		}
		if report.State != running {
			return errReported
		}
		return nil
	}
	return command
}

func (r *report) printJSON(out io.Writer) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}

func (r *report) printTable(out io.Writer) error {
	fmt.Fprintf(out, "Kubernetes %s: %s\n", r.Version, r.State)
	if r.State == stopped {
		return nil
	}
	fmt.Fprintf(out, "server      %s\nkubeconfig  %s\n\n", r.Server, r.Kubeconfig)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "COMPONENT\tSTATE\tPID\tSINCE\tLOG\tREASON")
	for _, component := range r.Components {
		since := ""
		if component.PID != 0 {
			since = component.Since.Format(time.TimeOnly)
		}
		fmt.Fprintf(table, "%s\t%s\t%d\t%s\t%s\t%s\n",
			component.Name, component.State, component.PID, since, component.Log, component.Reason)
	}
	return table.Flush()
}
