// Command learning trains on a table and answers over HTTP: the whole way in one
// program of ours. See docs/use/learning-in-go.md.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"

	"github.com/valyala/fastjson"

	"dasier/ml/boost"
	"dasier/ml/frame"
	"dasier/ml/learn"
	"dasier/ml/rowjson"
)

func main() {
	houses, err := frame.ReadCSVFile("examples/house-prices/model/ames.csv", frame.CSVConfig{Missing: []string{}})
	check(err)
	features, price, err := learn.Of(houses, "Sale_Price")
	check(err)
	model, err := boost.Boosting{Trees: 300, LearningRate: 0.05}.Fit(context.Background(), features, price)
	check(err)
	program, err := model.Compile()
	check(err)
	http.HandleFunc("POST /price", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<16))
		var row *fastjson.Value
		if err == nil {
			row, err = fastjson.ParseBytes(body)
		}
		house := program.NewRow()
		if err == nil {
			err = rowjson.Decode(row, program, house, nil)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		fmt.Fprintf(w, "{\"price\": %.0f}\n", program.Predict(house))
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:8090", nil)) //nolint:gosec // an example: nobody but this machine can ask
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
