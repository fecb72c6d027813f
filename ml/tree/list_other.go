//go:build !amd64 || purego

package tree

func (s *space) scanLists(lo, hi int, live []uint16, total cell, minRows int, to []found) {
	s.scanPlain(lo, hi, live, total, minRows, to)
}

func (s *space) divideLists(lo, hi int, live []uint16, skip int, left, right bool) {
	s.dividePlain(lo, hi, live, skip, left, right)
}
