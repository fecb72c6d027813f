package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"dasier/model/train"
	"dasier/source"
)

func recipeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "recipe",
		Short: "Check a recipe (model.yaml)",
		Long: `A recipe says what to learn, from which data, and what the result must achieve.
The shortest, in a file model.yaml:

  name: rents
  data: {path: rents.csv, target: price}

The rest has defaults, which dasier train shows. dasier recipe schema lets an
editor complete keys and mark mistakes.`,
	}
	check := &cobra.Command{
		Use:   "check [RECIPE]",
		Short: "Check a recipe against its data, without training",
		Long: `Check a recipe (model.yaml) against its data, without training. Every mistake is
told with file, line and column.`,
		Args: arguments(0, 1, "[RECIPE]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			recipe, folder, err := readRecipe(args)
			if err != nil {
				return err
			}
			if err := train.Check(cmd.Context(), recipe, os.DirFS(folder), tables(folder)); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "the recipe is right: %s learns %s from %s\n", recipe.Name, recipe.Data.Target, recipe.Data.From())
			return nil
		},
	}
	schema := &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON schema of recipes, for editors",
		Example: `  dasier recipe schema >recipe.schema.json
  # and as the first line of model.yaml:
  # yaml-language-server: $schema=recipe.schema.json`,
		Args: arguments(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := cmd.OutOrStdout().Write(train.Schema)
			return err
		},
	}
	cmd.AddCommand(check, schema)
	return cmd
}

// tables fetches what a recipe names, seen from its folder.
func tables(folder string) train.Tables { return source.New(source.Config{Folder: folder}).Table }

// readRecipe reads the named recipe, or model.yaml, and answers the folder that
// its data is named from.
func readRecipe(args []string) (*train.Recipe, string, error) {
	file := "model.yaml"
	if len(args) > 0 {
		file = args[0]
	}
	text, err := os.ReadFile(file)
	if os.IsNotExist(err) && len(args) == 0 {
		return nil, "", errors.New("there is no model.yaml here: name a recipe, or write one (`dasier recipe --help` has the shortest)")
	}
	if err != nil {
		return nil, "", fmt.Errorf("the recipe cannot be read: %w", err)
	}
	recipe, err := train.ParseRecipe(file, text)
	return recipe, filepath.Dir(file), err
}
