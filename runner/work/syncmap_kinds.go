package work

import (
	"math/bits"
	"sync"
	"unsafe"
)

// goSyncMap is sync.Map, used as one does.
type goSyncMap struct{ m sync.Map }

func (g *goSyncMap) load(key uint64) (entry, bool) {
	v, ok := g.m.Load(key)
	if !ok {
		return entry{}, false
	}
	return v.(entry), true
}

func (g *goSyncMap) store(key uint64, e entry) { g.m.Store(key, e) }

func (g *goSyncMap) stores() (uint64, bool) { return 0, false }

// shardedMap is Go's map in shards, each with a lock.
type shardedMap []mapShard

type mapShard struct {
	lock    sync.RWMutex
	entries map[uint64]entry
	stored  uint64
	_       [lineSize]byte
}

func newShardedMap(keys, shards int64) shardedMap {
	m := make(shardedMap, shards)
	for i := range m {
		m[i].entries = make(map[uint64]entry, keys/shards)
	}
	return m
}

// shardOf spreads hashes over shards by their upper half; their lower half finds the
// place in the shared table.
func shardOf(hash uint64, shards int) uint64 { return (hash >> 32) * uint64(shards) >> 32 }

func (m shardedMap) load(key uint64) (entry, bool) {
	s := &m[shardOf(scramble(key), len(m))]
	s.lock.RLock()
	e, ok := s.entries[key]
	s.lock.RUnlock()
	return e, ok
}

func (m shardedMap) store(key uint64, e entry) {
	s := &m[shardOf(scramble(key), len(m))]
	s.lock.Lock()
	s.entries[key] = e
	s.stored++
	s.lock.Unlock()
}

func (m shardedMap) stores() (n uint64, counted bool) {
	for i := range m {
		n += m[i].stored
	}
	return n, true
}

// sharedTable is a hash table in memory that processes share, in shards with a lock
// each. A key lies in the place of its hash or in the next one that was free.
// Zeroed memory is an empty table; nothing is ever removed.
type sharedTable struct {
	shards []tableShard
	places []tablePlace // of all shards
	each   uint64       // places of one
}

type tableShard struct {
	lock   futexRWMutex
	stored uint64
	_      [lineSize - unsafe.Sizeof(futexRWMutex{}) - 12]byte
}

type tablePlace struct {
	key1  uint64 // the key and one; 0: free
	entry entry
}

// tablePlaces returns how many places a shard has, a power of two: at least twice
// the mean of its keys, and 48 more than it where that is more, since keys spread as
// unevenly as random numbers do.
func tablePlaces(keys, shards int64) int64 {
	mean := (keys + shards - 1) / shards
	return 1 << bits.Len64(uint64(max(2*mean, mean+48)-1))
}

func tableSize(keys, shards int64) int64 {
	return shards * (lineSize + tablePlaces(keys, shards)*int64(unsafe.Sizeof(tablePlace{})))
}

func newSharedTable(mem []byte, keys, shards int64) *sharedTable {
	each := tablePlaces(keys, shards)
	return &sharedTable{
		shards: unsafe.Slice(viewOf[tableShard](mem, 0), shards),
		places: unsafe.Slice(viewOf[tablePlace](mem, shards*lineSize), shards*each),
		each:   uint64(each),
	}
}

// find returns the place of a key in a shard, or the free one where it would lie. The
// caller holds the shard's lock.
func (t *sharedTable) find(shard, hash, key uint64) *tablePlace {
	places := t.places[shard*t.each : (shard+1)*t.each]
	for i := range t.each {
		p := &places[(hash+i)&(t.each-1)]
		if p.key1 == key+1 || p.key1 == 0 {
			return p
		}
	}
	panic("work: a shard of the shared table is full") // the keys are known: see tablePlaces
}

func (t *sharedTable) load(key uint64) (entry, bool) {
	hash := scramble(key)
	shard := shardOf(hash, len(t.shards))
	s := &t.shards[shard]
	s.lock.RLock()
	p := t.find(shard, hash, key)
	e, ok := p.entry, p.key1 != 0
	s.lock.RUnlock()
	return e, ok
}

func (t *sharedTable) store(key uint64, e entry) {
	hash := scramble(key)
	shard := shardOf(hash, len(t.shards))
	s := &t.shards[shard]
	s.lock.Lock()
	p := t.find(shard, hash, key)
	p.key1, p.entry = key+1, e
	s.stored++
	s.lock.Unlock()
}

func (t *sharedTable) stores() (n uint64, counted bool) {
	for i := range t.shards {
		n += t.shards[i].stored
	}
	return n, true
}
