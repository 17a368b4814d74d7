package app

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"fardplan/internal/eservice"
	"fardplan/internal/fault"
	"fardplan/internal/job"
	"fardplan/internal/link"
	"fardplan/internal/openeplatform"
	"fardplan/internal/organisation"
)

// sweepEvery is how often it is asked whether a new day has begun, or new rules.
const sweepEvery = 10 * time.Minute

// linkLimit is how long a night's check of one municipality's links may last: longer
// than the check itself goes on.
const linkLimit = link.Longest + 20*time.Minute

// watchHour is the hour of the night when the platforms are looked at.
const watchHour = 3

// Jobs are what the program does by itself; fetch bounds what it reads from the network.
func Jobs(s *Services, fetch openeplatform.Options) []job.Job {
	night := watchHour
	linkHour := 2
	return []job.Job{
		{
			Name: "GAP_SWEEP", TitleSv: "daglig genomgång av brister", TitleEn: "the daily run over gaps", Every: sweepEvery,
			Do: func(ctx context.Context, _ job.Key) (job.Note, error) {
				ran, err := s.Gaps.SweepDaily(ctx)
				if !ran {
					return job.Note{Sv: "Dagens genomgång är gjord sedan tidigare.", En: "Today's run had been made already."}, err
				}
				return job.Note{Sv: "Alla brister är genomgångna.", En: "All gaps have been gone through."}, err
			},
		},
		{
			Name: "SEARCH_REBUILD", TitleSv: "sökregistret efter en uppgradering", TitleEn: "what is searched, after an upgrade", Every: sweepEvery,
			Do: func(ctx context.Context, _ job.Key) (job.Note, error) {
				ran, err := s.Search.Rebuild(ctx)
				if !ran {
					return job.Note{Sv: "Sökregistret är som det ska.", En: "What is searched is as it should be."}, err
				}
				return job.Note{Sv: "Sökregistret är gjort på nytt.", En: "What is searched was made anew."}, err
			},
		},
		{
			Name: "SESSION_SWEEP", TitleSv: "gallring av inloggningar", TitleEn: "removal of sign-ins that have ended", Every: time.Hour,
			Do: func(ctx context.Context, _ job.Key) (job.Note, error) {
				ended, err := s.Users.Sweep(ctx)
				return job.Note{Sv: fmt.Sprintf("%d inloggningar som har upphört är borttagna.", ended), En: fmt.Sprintf("%d sign-ins that have ended are removed.", ended)}, err
			},
		},
		{
			Name: link.CheckJob, TitleSv: "nattlig kontroll av länkar", TitleEn: "the nightly check of links", NightHour: &linkHour, Limit: linkLimit,
			Keys: func(ctx context.Context) ([]job.Key, error) {
				owners, err := s.Links.Owners(ctx)
				keys := make([]job.Key, len(owners))
				for i, o := range owners {
					keys[i] = KeyOf(o.SCBCode, o.ID)
				}
				return keys, err
			},
			Do: func(ctx context.Context, key job.Key) (job.Note, error) {
				c, err := s.Links.CheckAll(ctx, key.Municipality)
				return job.Note{
					Sv: fmt.Sprintf("%d adresser kontrollerade: %d fungerar, %d med varning, %d trasiga, %d gick inte att kontrollera.", c.Asked, c.OK, c.Warning, c.Broken, c.NotChecked),
					En: fmt.Sprintf("%d addresses checked: %d work, %d with a warning, %d broken, %d could not be checked.", c.Asked, c.OK, c.Warning, c.Broken, c.NotChecked),
				}, err
			},
		},
		{
			Name: eservice.WatchJob, TitleSv: "nattlig bevakning av e-tjänsteplattformen", TitleEn: "the nightly watch of the e-service platform", NightHour: &night,
			Keys: func(ctx context.Context) ([]job.Key, error) {
				all, err := Platforms(ctx, s)
				keys := make([]job.Key, len(all))
				for i, m := range all {
					keys[i] = KeyOf(m.SCBCode, m.ID)
				}
				return keys, err
			},
			Do: func(ctx context.Context, key job.Key) (job.Note, error) { return watch(ctx, s, key, fetch) },
		},
	}
}

// KeyOf is what the runs for a municipality, of its SCB code and id, are about.
func KeyOf(code string, id uuid.UUID) job.Key { return job.Key{Name: code, Municipality: id} }

// Platforms reads the municipalities that have an e-service platform.
func Platforms(ctx context.Context, s *Services) ([]*organisation.Municipality, error) {
	session := s.DB.Session()
	defer session.Close()
	now, err := session.Present(ctx)
	if err != nil {
		return nil, err
	}
	return s.Organisation.Platforms(ctx, now)
}

// watch looks at one municipality's platform.
func watch(ctx context.Context, s *Services, key job.Key, fetch openeplatform.Options) (job.Note, error) {
	all, err := Platforms(ctx, s)
	if err != nil {
		return job.Note{}, err
	}
	for _, m := range all {
		if m.ID == key.Municipality {
			seen, err := s.EServices.Watch(ctx, m.ID, *m.OepBaseURL, fetch)
			return noteOf(seen), err
		}
	}
	return job.Note{}, fault.Field("municipality", "no_platform",
		"Kommunen har ingen adress till en e-tjänsteplattform. Ange den i oepBaseUrl.",
		"The municipality has no address of an e-service platform. Give it as oepBaseUrl.")
}

// noteOf says what a look at a platform found.
func noteOf(s eservice.Seen) job.Note {
	note := job.Note{
		Sv: fmt.Sprintf("%d e-tjänster i plattformen: %d nya, %d ändrade, %d borta.", s.Flows, s.New, s.Changed, s.Gone),
		En: fmt.Sprintf("%d e-services on the platform: %d new, %d changed, %d gone.", s.Flows, s.New, s.Changed, s.Gone),
	}
	if s.Refused > 0 {
		note.Sv += fmt.Sprintf(" %d rader gick inte att läsa.", s.Refused)
		note.En += fmt.Sprintf(" %d rows could not be read.", s.Refused)
	}
	switch {
	case s.Unsure:
		note.Sv += " En av dem saknar nummer: inget har markerats som borta."
		note.En += " One of them has no number: nothing was marked as gone."
	case s.Half:
		note.Sv += " Mer än hälften saknas i svaret: inget har markerats som borta. Kontrollera plattformen, eller hämta in listan om den stämmer."
		note.En += " More than half is not in the answer: nothing was marked as gone. Check the platform, or import the list if it is right."
	}
	return note
}

// newRunner runs jobs over the services' database.
func newRunner(s *Services, log *slog.Logger) *job.Runner { return &job.Runner{DB: s.DB, Log: log} }

// RunNow runs the job of the name for a key at once, by the context's caller.
func RunNow(ctx context.Context, s *Services, log *slog.Logger, name string, key job.Key, fetch openeplatform.Options) (job.Note, error) {
	for _, j := range Jobs(s, fetch) {
		if j.Name == name {
			return newRunner(s, log).Now(ctx, j, key)
		}
	}
	return job.Note{}, fmt.Errorf("there is no job %s", name)
}
