package ci

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"dasier/ci/lang"
	"dasier/fault"
)

// keyFiles bounds how many files a key is made of; GitLab's rule.
const keyFiles = 2

// caches are the job's caches with the keys that the server alone can know: the
// digest of the files that a key names, and whether the branch is protected, so
// that a job of a branch of anybody's cannot prepare what a protected one finds
// ("cache:key:files", "cache:unprotect"). Variables in keys are the runner's to
// put in.
func (s *Service) caches(ctx context.Context, p *Pipeline, spec *Spec) ([]lang.Cache, error) {
	list := make([]lang.Cache, len(spec.Cache))
	for i, c := range spec.Cache {
		if len(c.KeyFiles) > 0 {
			digest, err := s.digestOf(ctx, p, c.KeyFiles[:min(keyFiles, len(c.KeyFiles))])
			if err != nil {
				return nil, err
			}
			c.Key = strings.TrimPrefix(c.Key+"-"+digest, "-")
		}
		if c.Key == "" {
			c.Key = "default"
		}
		// Always one of the two: a key that ends in "-protected" by itself must not
		// be the one of protected branches.
		suffix := "-non_protected"
		if p.Protected && !c.Unprotect {
			suffix = "-protected"
		}
		fallback := make([]string, len(c.FallbackKeys))
		for j, key := range c.FallbackKeys {
			fallback[j] = key + suffix
		}
		c.Key, c.KeyFiles, c.FallbackKeys = c.Key+suffix, nil, fallback
		list[i] = c
	}
	return list, nil
}

// digestOf is of the contents that the files have at the pipeline's commit;
// files that it does not have count as nothing, and without any it is "default".
func (s *Service) digestOf(ctx context.Context, p *Pipeline, files []string) (string, error) {
	sum, found := sha256.New(), false
	for _, name := range files {
		text, err := s.code.File(ctx, p.Project, p.SHA, name)
		if fault.Is(err, fault.Missing) {
			continue
		}
		if err != nil {
			return "", err
		}
		found = true
		one := sha256.Sum256(text)
		sum.Write(one[:])
	}
	if !found {
		return "default", nil
	}
	return hex.EncodeToString(sum.Sum(nil)[:20]), nil
}
