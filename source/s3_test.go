package source_test

import (
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"dasier/fault"
	"dasier/ml/frame"
	"dasier/source"
)

// TestS3 speaks with a small server that answers as S3 does to GET and HEAD of
// objects, path style, and wants a version 4 signature to be there. It is no S3:
// what it does not show is whether the signature is right.
func TestS3(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fail := func(status int, code string) {
			w.Header().Set("Content-Type", "application/xml")
			w.WriteHeader(status)
			_ = xml.NewEncoder(w).Encode(struct {
				XMLName xml.Name `xml:"Error"`
				Code    string
				Message string
			}{Code: code, Message: code})
		}
		switch {
		case !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=reader/"):
			fail(http.StatusForbidden, "AccessDenied")
		case r.URL.Path == "/data/2024/houses.csv":
			w.Header().Set("ETag", `"1"`)
			http.ServeContent(w, r, "", time.Unix(1e9, 0), strings.NewReader(houses))
		case r.URL.Path == "/data/closed.csv":
			fail(http.StatusForbidden, "AccessDenied")
		default:
			fail(http.StatusNotFound, "NoSuchKey")
		}
	}))
	defer server.Close()
	// The library reads the process's environment.
	t.Setenv("AWS_ACCESS_KEY_ID", "reader")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "s3cret-key")
	t.Setenv("AWS_REGION", "eu-west-1")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	f := fetcher(t, source.Config{}, "AWS_ENDPOINT_URL", server.URL)
	for _, location := range []string{"s3://data/2024/houses.csv", "s3://data/2024/houses.csv?region=us-east-2"} {
		table, origin, err := f.Table(t.Context(), location, "", digest([]byte(houses)), frame.Config{})
		if err != nil || table.Rows() != 2 || origin.Name != "houses.csv" {
			t.Errorf("%s: %v", location, err)
		}
	}
	for location, test := range map[string]struct {
		kind  fault.Kind
		words string
	}{
		"s3://data/absent.csv":            {fault.Missing, "there is nothing at s3://data/absent.csv"},
		"s3://data/closed.csv":            {fault.Denied, "s3://data/closed.csv may not be read"},
		"s3://data":                       {fault.Invalid, "names a bucket"},
		"s3://data/houses.csv?kms=s3cret": {fault.Invalid, `nothing is known of "kms"`},
	} {
		_, _, err := f.Table(t.Context(), location, "", "", frame.Config{})
		wants(t, err, test.kind, test.words)
	}
	small := fetcher(t, source.Config{MaxBytes: 10}, "AWS_ENDPOINT_URL", server.URL)
	_, _, err := small.Table(t.Context(), "s3://data/2024/houses.csv", "", "", frame.Config{})
	wants(t, err, fault.Limited, "has more than 10 bytes")
}
