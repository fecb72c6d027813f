package source

import (
	"context"
	"io"
	"net/url"
	"slices"
	"strings"

	"dasier/fault"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/s3blob" // opens s3:
	"gocloud.dev/gcerrors"
)

// fromBucket writes an object of S3, or of what speaks its protocol, to the
// file. Credentials, region and endpoint are the AWS variables' (AWS_ACCESS_KEY_ID,
// AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL, AWS_PROFILE); the location
// may say region, endpoint, use_path_style, disable_https and anonymous.
func (f *Fetcher) fromBucket(ctx context.Context, place *place, file *File) error {
	key := strings.TrimPrefix(place.url.Path, "/")
	if key == "" {
		return fault.Errorf(fault.Invalid, "%s names a bucket: name an object in it", place.shown)
	}
	options := url.Values{}
	for name, values := range place.url.Query() {
		if !slices.Contains([]string{"region", "endpoint", "use_path_style", "disable_https", "anonymous"}, name) {
			return fault.Errorf(fault.Invalid, "%s: nothing is known of %q: region, endpoint, use_path_style, disable_https and anonymous can be said", place.shown, name)
		}
		options[name] = values
	}
	endpoint, _ := f.cfg.Lookup("AWS_ENDPOINT_URL")
	if options.Get("endpoint") == "" && endpoint != "" {
		options.Set("endpoint", endpoint)
	}
	if options.Get("endpoint") != "" {
		if options.Get("use_path_style") == "" {
			options.Set("use_path_style", "true") // few of them have a name per bucket
		}
		// Few of them send checksums, of which the library would warn every time.
		options.Set("response_checksum_validation", "when_required")
	}
	region, _ := f.cfg.Lookup("AWS_REGION")
	other, _ := f.cfg.Lookup("AWS_DEFAULT_REGION")
	if options.Get("region") == "" && region == "" && other == "" {
		options.Set("region", "us-east-1") // S3's own default; the signature needs one
	}
	address := url.URL{Scheme: "s3", Host: place.url.Host, RawQuery: options.Encode()}
	bucket, err := blob.OpenBucket(ctx, address.String())
	if err != nil {
		return fault.Errorf(fault.Invalid, "%s cannot be opened: %s", place.shown, err.Error())
	}
	defer func() { _ = bucket.Close() }() // only read from
	object, err := bucket.NewReader(ctx, key, nil)
	if err != nil {
		return bucketFault(place, err)
	}
	defer func() { _ = object.Close() }() // only read from
	if object.Size() > f.cfg.MaxBytes {
		return fault.Errorf(fault.Limited, "%s has more than %d bytes", place.shown, f.cfg.MaxBytes)
	}
	n, err := io.Copy(file, io.LimitReader(object, f.cfg.MaxBytes+1))
	switch {
	case err != nil:
		return bucketFault(place, err)
	case n > f.cfg.MaxBytes:
		return fault.Errorf(fault.Limited, "%s has more than %d bytes", place.shown, f.cfg.MaxBytes)
	}
	return nil
}

func bucketFault(place *place, err error) error {
	switch gcerrors.Code(err) {
	case gcerrors.NotFound:
		return fault.Errorf(fault.Missing, "there is nothing at %s", place.shown)
	case gcerrors.PermissionDenied:
		return fault.Errorf(fault.Denied, "%s may not be read: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to a user's who may", place.shown)
	}
	return fault.Errorf(fault.Unavailable, "%s cannot be fetched: %s", place.shown, err.Error())
}
