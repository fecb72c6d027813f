package forest

// lanes is how many walks go side by side in registers.
const lanes = 8

// many is how many walks take turns where each asks for the memory of its next
// step a turn ahead; aheadFrom is from how many on that pays.
const (
	many      = 128
	aheadFrom = 16
)

// trees adds the values that a row has in each tree to sums.
func (d *deep) trees(f *Forest, keys []uint32, out []float64) {
	var leaves [many]uint32
	for first := 0; first < len(d.roots); first += many {
		of := leaves[:min(many, len(d.roots)-first)]
		switch {
		case len(d.roots) == 1 || d.shift != narrow:
			for j := range of {
				of[j] = d.one(d.roots[first+j], keys)
			}
		case fetches && len(of) >= aheadFrom:
			d.ahead(d.roots[first:first+len(of)], &leaves, (*[1 << narrow]uint32)(keys))
		default:
			d.abreast(d.roots[first:first+len(of)], of, (*[1 << narrow]uint32)(keys))
		}
		if f.outputs == 1 && !f.single {
			sum := out[0]
			for _, v := range of {
				sum += d.values[v]
			}
			out[0] = sum
			continue
		}
		for j, v := range of {
			f.add(first+j, d.values[int(v)*f.width:], out)
		}
	}
}

// abreast finds the places of a row's values, lanes trees at a time.
func (d *deep) abreast(roots, leaves []uint32, keys *[1 << narrow]uint32) {
	var at [lanes]uint32
	for first := 0; first < len(roots); first += lanes {
		for j := range at {
			at[j] = roots[min(first+j, len(roots)-1)]
		}
		walkTrees(d.nodes, &at, keys)
		copy(leaves[first:], at[:])
	}
}

// ahead finds the places of a row's values in up to many trees. A forest that is
// larger than the processor's caches makes every other step wait for memory; here
// a step ends by asking for the line of the next, which comes while the other
// trees take theirs (Chen et al. 2007, "Improving hash join performance through
// prefetching", section 4, group prefetching).
func (d *deep) ahead(roots []uint32, leaves *[many]uint32, keys *[1 << narrow]uint32) {
	var at, tree [many]uint32
	for k := range copy(at[:], roots) {
		tree[k] = uint32(k) //nolint:gosec // less than many
	}
	dead := uint64(d.dead) //nolint:gosec // a place
	for n, steps := len(roots), d.sure; n > 0; steps = 4 {
		stepAhead(d.nodes, at[:n], steps, keys)
		left := 0
		for k, p := range at[:n] {
			node, t := d.nodes[p], tree[k]
			leaves[t&(many-1)] = uint32(node >> 32) //nolint:gosec // a part
			at[left&(many-1)], tree[left&(many-1)] = p, t
			left += int((uint64(uint8(node)) - dead) >> 63) //nolint:gosec // 1 but at leaves, and no branch
		}
		n = left
	}
}

// stepAheadInGo is steps of several walks, which take turns.
func stepAheadInGo(nodes []uint64, at []uint32, steps int, keys *[1 << narrow]uint32) {
	for range steps {
		for k, p := range at {
			at[k] = step(nodes, keys, p)
		}
	}
}

// one walks one way to a leaf and gives the place of its values.
func (d *deep) one(p uint32, keys []uint32) uint32 {
	for shift, mask := d.shift&31, uint64(1)<<(d.shift&31)-1; ; {
		n := d.nodes[p]
		k := n & mask
		if k == uint64(d.dead) { //nolint:gosec // a place
			return uint32(n >> 32) //nolint:gosec // a part
		}
		p = uint32(n) >> shift //nolint:gosec // a part
		if uint64(keys[k]) > n>>32 {
			p++
		}
	}
}

// step goes from a node to a child of it, from a leaf to itself.
func step(nodes []uint64, keys *[1 << narrow]uint32, p uint32) uint32 {
	n := nodes[p]
	return uint32(n)>>narrow + uint32((n>>32-uint64(keys[uint8(n)]))>>63) //nolint:gosec // parts of a node
}

// walkTrees walks a row through trees side by side: p is a root of each and
// becomes the place of the row's values in it. A round is as many steps as make
// the question whether all have come to a leaf cheap.
func walkTrees(nodes []uint64, p *[lanes]uint32, keys *[1 << narrow]uint32) {
	a, b, c, d, e, f, g, h := p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7]
	for before, now := uint64(0), uint64(1); before != now; {
		a, b, c, d = step(nodes, keys, a), step(nodes, keys, b), step(nodes, keys, c), step(nodes, keys, d)
		e, f, g, h = step(nodes, keys, e), step(nodes, keys, f), step(nodes, keys, g), step(nodes, keys, h)
		a, b, c, d = step(nodes, keys, a), step(nodes, keys, b), step(nodes, keys, c), step(nodes, keys, d)
		e, f, g, h = step(nodes, keys, e), step(nodes, keys, f), step(nodes, keys, g), step(nodes, keys, h)
		a, b, c, d = step(nodes, keys, a), step(nodes, keys, b), step(nodes, keys, c), step(nodes, keys, d)
		e, f, g, h = step(nodes, keys, e), step(nodes, keys, f), step(nodes, keys, g), step(nodes, keys, h)
		// Places only grow on the way down, so equal sums are equal places.
		before = uint64(a) + uint64(b) + uint64(c) + uint64(d) + uint64(e) + uint64(f) + uint64(g) + uint64(h)
		a, b, c, d = step(nodes, keys, a), step(nodes, keys, b), step(nodes, keys, c), step(nodes, keys, d)
		e, f, g, h = step(nodes, keys, e), step(nodes, keys, f), step(nodes, keys, g), step(nodes, keys, h)
		now = uint64(a) + uint64(b) + uint64(c) + uint64(d) + uint64(e) + uint64(f) + uint64(g) + uint64(h)
	}
	p[0], p[1], p[2], p[3] = uint32(nodes[a]>>32), uint32(nodes[b]>>32), uint32(nodes[c]>>32), uint32(nodes[d]>>32) //nolint:gosec // parts
	p[4], p[5], p[6], p[7] = uint32(nodes[e]>>32), uint32(nodes[f]>>32), uint32(nodes[g]>>32), uint32(nodes[h]>>32) //nolint:gosec // parts
}

// stepOf is step for one of several rows, whose keys stand side by side.
func stepOf(nodes []uint64, keys *[lanes << narrow]uint32, p, lane uint32) uint32 {
	n := nodes[p]
	return uint32(n)>>narrow + uint32((n>>32-uint64(keys[uint32(uint8(n))*lanes+lane]))>>63) //nolint:gosec // parts of a node
}

// walkRows walks rows through one tree side by side.
func walkRows(nodes []uint64, root uint32, p *[lanes]uint32, keys *[lanes << narrow]uint32) {
	a, b, c, d, e, f, g, h := root, root, root, root, root, root, root, root
	for before, now := uint64(0), uint64(1); before != now; {
		a, b, c, d = stepOf(nodes, keys, a, 0), stepOf(nodes, keys, b, 1), stepOf(nodes, keys, c, 2), stepOf(nodes, keys, d, 3)
		e, f, g, h = stepOf(nodes, keys, e, 4), stepOf(nodes, keys, f, 5), stepOf(nodes, keys, g, 6), stepOf(nodes, keys, h, 7)
		a, b, c, d = stepOf(nodes, keys, a, 0), stepOf(nodes, keys, b, 1), stepOf(nodes, keys, c, 2), stepOf(nodes, keys, d, 3)
		e, f, g, h = stepOf(nodes, keys, e, 4), stepOf(nodes, keys, f, 5), stepOf(nodes, keys, g, 6), stepOf(nodes, keys, h, 7)
		a, b, c, d = stepOf(nodes, keys, a, 0), stepOf(nodes, keys, b, 1), stepOf(nodes, keys, c, 2), stepOf(nodes, keys, d, 3)
		e, f, g, h = stepOf(nodes, keys, e, 4), stepOf(nodes, keys, f, 5), stepOf(nodes, keys, g, 6), stepOf(nodes, keys, h, 7)
		before = uint64(a) + uint64(b) + uint64(c) + uint64(d) + uint64(e) + uint64(f) + uint64(g) + uint64(h)
		a, b, c, d = stepOf(nodes, keys, a, 0), stepOf(nodes, keys, b, 1), stepOf(nodes, keys, c, 2), stepOf(nodes, keys, d, 3)
		e, f, g, h = stepOf(nodes, keys, e, 4), stepOf(nodes, keys, f, 5), stepOf(nodes, keys, g, 6), stepOf(nodes, keys, h, 7)
		now = uint64(a) + uint64(b) + uint64(c) + uint64(d) + uint64(e) + uint64(f) + uint64(g) + uint64(h)
	}
	p[0], p[1], p[2], p[3] = uint32(nodes[a]>>32), uint32(nodes[b]>>32), uint32(nodes[c]>>32), uint32(nodes[d]>>32) //nolint:gosec // parts
	p[4], p[5], p[6], p[7] = uint32(nodes[e]>>32), uint32(nodes[f]>>32), uint32(nodes[g]>>32), uint32(nodes[h]>>32) //nolint:gosec // parts
}

// rows adds the values of several rows, 8 at a time in every tree, so that a
// tree stays in the processor's cache for all of them. Of each tree the sums go
// on in the order of the trees.
func (d *deep) rows(f *Forest, out []float64, keys []uint32) {
	n, outputs := len(out)/f.outputs, f.outputs
	var at [lanes]uint32
	per := (d.dead + 1) * lanes
	for group := 0; group*lanes < n; group++ {
		of := keys[group*per : (group+1)*per]
		clear(of[d.dead*lanes:]) // leastKey
	}
	for t, root := range d.roots {
		// A tree that is read through in order is there before it is walked in none:
		// a third faster where trees take turns in the cache.
		if begin, end := d.extent(t); len(d.roots) > 1 && n > readThrough && end-begin > readThrough {
			d.read(begin, end)
		}
		for group := 0; group*lanes < n; group++ {
			walkRows(d.nodes, root, &at, (*[lanes << narrow]uint32)(keys[group*per:]))
			first := group * lanes
			if outputs == 1 && !f.single {
				for j, v := range at[:min(lanes, n-first)] {
					out[first+j] += d.values[v]
				}
				continue
			}
			for j, v := range at[:min(lanes, n-first)] {
				f.add(t, d.values[int(v)*f.width:], out[(first+j)*outputs:(first+j+1)*outputs])
			}
		}
	}
}

// columnKeys is keys of one feature of rows of which 8 stand side by side. The
// lanes after the last row keep what was there: any key leads to a leaf.
func (d *deep) columnKeys(f int, x []float64, keys []uint32) {
	per := (d.dead + 1) * lanes
	for group := 0; group*lanes < len(x); group++ {
		values := x[group*lanes : min((group+1)*lanes, len(x))]
		of := (*[2 * lanes]uint32)(keys[group*per+2*f*lanes:])
		if d.ranks != nil {
			for lane, v := range values {
				of[lane], of[lanes+lane] = d.keysOf(f, v)
			}
			continue
		}
		for lane, v := range values {
			k := keyOf(float32(v))
			of[lane&(lanes-1)], of[lanes+lane&(lanes-1)] = k, k
			if v != v { //nolint:gocritic // NaN
				of[lane&(lanes-1)], of[lanes+lane&(lanes-1)] = leastKey, mostKey
			}
		}
	}
}

// readThrough is from how many rows and nodes on reading a tree ahead pays.
const readThrough = 512

// extent is where the nodes of a tree stand, but for the root.
func (d *deep) extent(t int) (begin, end uint32) {
	end = uint32(len(d.nodes)) //nolint:gosec // fits bounds it
	if t+1 < len(d.begin) {
		end = d.begin[t+1]
	}
	return d.begin[t], end
}

// read reads nodes in order, one of each line.
//
//go:noinline
func (d *deep) read(begin, end uint32) (all uint64) {
	for i := begin; i < end; i += line {
		all |= d.nodes[i]
	}
	return all
}
