package app

import "dasier/api/rest"

// rest is the face that GitLab's clients see, beside the runners'.
func (s *Server) rest() *rest.Face {
	return rest.New(rest.Parts{
		Authenticate: s.identity.Authenticate, Auth: s.auth, Projects: s.projects, Groups: s.groups, Repos: s.repos, Merges: s.merges, Discuss: s.discuss,
		CI: s.ci, Variables: s.variables, Hooks: s.hooks, Deploy: s.deploy,
	}, rest.Config{URL: s.config.URL, Version: s.version, Log: s.logger})
}
