package event

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"
)

// What is copied from the time before is right for the time after it.
func TestClock(t *testing.T) {
	t.Parallel()
	east := time.FixedZone("", 5*3600+30*60)
	start := time.Date(2026, 11, 23, 23, 59, 58, 999_999_999, time.UTC)
	c := &clock{}
	for _, at := range []time.Time{
		start, start.Add(1), start.Add(2), start.Add(time.Second), start.In(east), start.In(east).Add(120 * time.Millisecond), start,
		{}, time.Now(), time.Now(), time.Unix(0, 0).UTC(), time.Unix(-1, 5000).UTC(), time.Date(9999, 12, 31, 23, 59, 59, 1, east),
	} {
		want, err := at.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := c.append(nil, at); err != nil || string(got) != string(want) {
			t.Errorf("%v is written as %s, not %s (%v)", at, got, want, err)
		}
	}
	if b, err := c.append([]byte("x"), time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)); err == nil {
		t.Errorf("the year 10000 is written as %s", b)
	}
}

// Durations in seconds are written as encoding/json writes them.
func TestNanoseconds(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 200_000 {
		f := time.Duration(random.Int64N(1 << (i % 50))).Seconds()
		if i%4 == 0 {
			f = random.Float64() // most are no whole nanoseconds
		}
		want, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := appendNanoseconds(nil, f); ok && string(got) != string(want) {
			t.Fatalf("%v is written as %s, not %s", f, got, want)
		}
	}
	if got, ok := appendNanoseconds(nil, 0.0125); !ok || string(got) != "0.0125" {
		t.Errorf("0.0125 is written as %s, %v", got, ok)
	}
}
