package ci

// Derive is the status of a pipeline, or of any set of jobs: the first line
// whose condition holds. Old attempts do not count. A job that may fail counts
// as success when it failed or was canceled, and as not there while it waits
// for a person.
//
// The order of the lines is that of GitLab's composite status, so that a
// pipeline here and there shows the same.
func Derive(jobs []Job) Status {
	c := count(jobs)
	switch {
	case c.only(Skipped, ignored):
		return Skipped
	case c.only(Success, Skipped, ignored, warned):
		return Success
	case c.only(Created, ignored, warned):
		return Created
	case c[Canceling] > 0:
		return Canceling
	case c.only(Canceled, Success, Skipped, ignored, warned):
		return Canceled
	case c.only(Pending, Created, Skipped, ignored, warned):
		return Pending
	case c[Running] > 0 || c[Pending] > 0:
		return Running
	case c[Manual] > 0:
		return Manual
	case c[Created] > 0:
		return Running
	default:
		return Failed
	}
}

// Two more things that a job can count as.
const (
	ignored Status = "ignored" // waits for a person, and nothing waits for it
	warned  Status = "warned"  // failed or canceled, and may
)

type counts map[Status]int

func count(jobs []Job) counts {
	c := counts{}
	for i := range jobs {
		if !jobs[i].Retried {
			c[countsAs(&jobs[i])]++
		}
	}
	return c
}

func countsAs(j *Job) Status {
	switch {
	case j.AllowFailure && (j.Status == Failed || j.Status == Canceled):
		return warned
	case j.AllowFailure && j.Status == Manual:
		return ignored
	default:
		return j.Status
	}
}

// only tells whether nothing but the given counts.
func (c counts) only(allowed ...Status) bool {
	rest := 0
	for _, n := range c {
		rest += n
	}
	for _, s := range allowed {
		rest -= c[s]
	}
	return rest == 0
}
