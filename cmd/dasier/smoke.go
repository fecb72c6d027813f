package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"

	"github.com/spf13/cobra"
)

// smokeCases is the file of known cases.
type smokeCases struct {
	Cases []struct {
		Name   string         `json:"name"`
		Low    *float64       `json:"low"`
		High   *float64       `json:"high"`
		Inputs map[string]any `json:"inputs"`
	} `json:"cases"`
}

// prediction is what an endpoint answers.
type prediction struct {
	Prediction float64 `json:"prediction"`
	Unit       string  `json:"unit"`
	Model      string  `json:"model"`
	Version    int     `json:"version"`
	Interval   *struct {
		Low   float64 `json:"low"`
		High  float64 `json:"high"`
		Level float64 `json:"level"`
	} `json:"interval"`
	Reasons *struct {
		Base          float64 `json:"base"`
		Scale         string  `json:"scale"`
		Contributions []struct {
			Input  string  `json:"input"`
			Value  any     `json:"value"`
			Effect float64 `json:"effect"`
		} `json:"contributions"`
	} `json:"reasons"`
}

func smokeCommand() *cobra.Command {
	var environment string
	cmd := &cobra.Command{
		Use:   "smoke FILE --env ENVIRONMENT",
		Short: "Ask a running endpoint about known cases",
		Long: `Ask an environment's endpoint about known cases and hold each answer to its
range. The file is JSON: {"cases": [{"name", "low", "high", "inputs": {...}}]}.
The status is 1 when an answer is out of its range.`,
		Args: arguments(1, 1, "FILE --env ENVIRONMENT"),
	}
	cmd.Flags().StringVar(&environment, "env", "", "environment (needed)")
	connect := connection(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if environment == "" {
			return errors.New("which environment? Give --env")
		}
		text, err := os.ReadFile(args[0])
		if err != nil {
			return err
		}
		known, err := readCases(args[0], text)
		if err != nil {
			return err
		}
		c, err := connect()
		if err != nil {
			return err
		}
		var e struct {
			Endpoint string `json:"endpoint"`
		}
		if err := c.call(cmd.Context(), "GET", c.projectPath("/environments/%s", url.PathEscape(environment)), nil, &e); err != nil {
			return err
		}
		wrong := 0
		for _, k := range known.Cases {
			var p prediction
			if err := c.call(cmd.Context(), "POST", "/api/v1/endpoints/"+e.Endpoint+"/predict", k.Inputs, &p); err != nil {
				return fmt.Errorf("%s: %w", k.Name, err)
			}
			verdict := "ok   "
			if p.Prediction < *k.Low || p.Prediction > *k.High {
				verdict = "WRONG"
				wrong++
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s %-60s %.0f %s, expected %.0f to %.0f\n", verdict, k.Name, p.Prediction, p.Unit, *k.Low, *k.High)
		}
		if wrong > 0 {
			return fmt.Errorf("%d of %d answers are out of their range", wrong, len(known.Cases))
		}
		return nil
	}
	return cmd
}

// readCases reads the known cases, and refuses one without its range: it would
// test nothing, or never hold.
func readCases(file string, text []byte) (smokeCases, error) {
	var known smokeCases
	if err := json.Unmarshal(text, &known); err != nil {
		return known, fmt.Errorf(`%s: expected {"cases": [{"name", "low", "high", "inputs": {...}}]}: %w`, file, err)
	}
	if len(known.Cases) == 0 {
		return known, fmt.Errorf("%s has no cases: nothing would be tested", file)
	}
	for i, k := range known.Cases {
		if k.Low == nil || k.High == nil || *k.Low > *k.High || len(k.Inputs) == 0 {
			return known, fmt.Errorf("%s: case %d (%s): expected inputs, low, and a high that is not below it", file, i+1, k.Name)
		}
	}
	return known, nil
}
