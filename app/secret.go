package app

import (
	"context"
	"errors"
	"fmt"
	"os"

	"dasier/fault"
	"dasier/forge/audit"
	"dasier/forge/project"
	"dasier/seal"
	"dasier/store"
)

// checkOwner and checkText are what seal_check holds: whoever opens it has the
// key that everything else in the database was sealed with.
const (
	checkOwner = "the server"
	checkText  = "this is the key"
)

// openKey finds the secret key, and makes one for a new server. It refuses a key
// that is not the database's: with another one, secrets could not be read, and
// new ones would be sealed so that the right key could not read them.
func openKey(ctx context.Context, config Config, s *store.Store) (*seal.Key, error) {
	path := config.keyFile()
	sealed, err := s.SealCheck(ctx)
	if err != nil {
		return nil, fmt.Errorf("looking for what the secret key opens: %w", err)
	}
	key, err := seal.Load(path)
	switch {
	case fault.Is(err, fault.Missing) && sealed != nil:
		return nil, fault.Errorf(fault.Missing, "the secret key file %s is missing, and this database holds secrets that only its key can read: put the file back from your backup, or name it with the setting secret_key_file", path)
	case fault.Is(err, fault.Missing) && config.SecretKeyFile != "":
		return nil, fault.Errorf(fault.Missing, "the secret key file %s is missing: make one with `openssl rand -hex 32 >%s && chmod 600 %s`, and keep a copy of it apart from the database", path, path, path)
	case fault.Is(err, fault.Missing):
		key, err = seal.Create(path)
	}
	if err != nil {
		return nil, err
	}
	if sealed == nil {
		if err := s.SaveSealCheck(ctx, key.Seal(checkOwner, []byte(checkText))); err != nil {
			return nil, fmt.Errorf("noting the secret key: %w", err)
		}
		// Another server may have been faster, with another key.
		if sealed, err = s.SealCheck(ctx); err != nil {
			return nil, fmt.Errorf("looking for what the secret key opens: %w", err)
		}
	}
	if text, err := key.Open(checkOwner, sealed); err != nil || string(text) != checkText {
		return nil, fault.Errorf(fault.Conflict, "the secret key in %s is not the one that this database's secrets were sealed with: put the right file there from your backup, or name it with the setting secret_key_file", path)
	}
	return key, nil
}

// openAudit makes the audit log on an open database.
func openAudit(s *store.Store, projects audit.Gate, key *seal.Key) (*audit.Service, error) {
	chain, err := key.Derive("audit")
	if err != nil {
		return nil, err
	}
	return audit.New(s.Audit(), projects, chain), nil
}

// WithAudit opens the audit log of a data folder for a command of the shell. The
// server may be running on it.
func WithAudit(ctx context.Context, config Config, do func(*audit.Service, *project.Service) error) error {
	if _, err := os.Stat(config.Data); err != nil && config.usesSQLite() {
		return fmt.Errorf("there is no data folder %s: start `dasier server` there first, or name another with --data", config.Data)
	}
	opened, err := store.Open(ctx, config.Database)
	if err != nil {
		return err
	}
	key, err := openKey(ctx, config, opened)
	if err != nil {
		return errors.Join(err, opened.Close())
	}
	projects := project.New(opened.Project())
	log, err := openAudit(opened, projects, key)
	if err == nil {
		err = do(log, projects)
	}
	return errors.Join(err, opened.Close())
}
