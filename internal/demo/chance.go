package demo

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"time"

	"github.com/google/uuid"
)

func digest(words []string) [32]byte { return sha256.Sum256([]byte(strings.Join(words, "|"))) }

// number gives a number from 0 and below limit that the words alone decide: what is
// left to chance comes out the same each time.
func number(limit int, words ...string) int {
	sum := digest(words)
	return int(binary.BigEndian.Uint64(sum[:8]) % uint64(limit))
}

// roll is number in per cent.
func roll(words ...string) int { return number(100, words...) }

// identity gives a UUID of version 7 that the instant and the words alone decide, so
// that a load that was broken off finds again what it has made.
func identity(at time.Time, words ...string) uuid.UUID {
	sum := digest(words)
	id := uuid.UUID(sum[:16])
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(at.UnixMilli()))
	copy(id[:6], ms[2:])
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	return id
}
