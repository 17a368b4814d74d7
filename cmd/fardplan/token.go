package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"fardplan/internal/access"
	"fardplan/internal/app"
	"fardplan/internal/fault"
	"fardplan/internal/gid"
	"fardplan/internal/organisation"
	"fardplan/internal/page"
	"fardplan/internal/postgres"
	"fardplan/internal/token"
)

func tokenCreate(ctx context.Context, p *program, args []string) error {
	set := p.flags()
	municipality := set.String("municipality", "", "kommunens SCB-`kod` (SCB code), som 0581")
	role := set.String("role", string(access.Reader), "`roll` (role): "+join(access.Roles()))
	scopes := set.String("scopes", string(access.ScopeRead), "`omfattning` (scopes), med komma emellan: "+join(access.Scopes()))
	label := set.String("label", "", "vilket `program` eller vilken funktion som använder nyckeln (what uses it)")
	days := set.Int("days", int(token.DefaultLife/(24*time.Hour)), "antal `dagar` den gäller (days it is valid), högst 730")
	if err := parse(set, args, 0); err != nil {
		return err
	}
	return p.withServices(ctx, func(ctx context.Context, s *app.Services) error {
		m, err := municipalityOf(ctx, s, *municipality)
		if err != nil {
			return err
		}
		wanted := token.Token{MunicipalityID: m.ID, Label: *label, Role: access.Role(*role), ExpiresAt: s.DB.Now().AddDate(0, 0, *days)}
		for scope := range strings.SplitSeq(*scopes, ",") {
			wanted.Scopes = append(wanted.Scopes, access.Scope(strings.TrimSpace(scope)))
		}
		made, secret, err := s.Tokens.Create(ctx, wanted)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(p.out, "%s\n\nNyckeln visas bara nu. Den gäller till %s. Dess id är %s.\nThe token is shown this once. It is valid until then.\n",
			secret, made.ExpiresAt.Format(time.DateOnly), made.NodeID())
		return err
	})
}

func tokenList(ctx context.Context, p *program, args []string) error {
	set := p.flags()
	municipality := set.String("municipality", "", "bara den kommunen, med SCB-`kod` (only the municipality with the SCB code)")
	if err := parse(set, args, 0); err != nil {
		return err
	}
	return p.withServices(ctx, func(ctx context.Context, s *app.Services) error {
		session := s.DB.Session()
		defer session.Close()
		now, err := session.Present(ctx)
		if err != nil {
			return err
		}
		var only *organisation.Municipality
		if *municipality != "" {
			if only, err = s.Organisation.MunicipalityByCode(ctx, now, *municipality); err != nil {
				return noMunicipality(*municipality, err)
			}
		}
		table := tabwriter.NewWriter(p.out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(table, "ID\tPROGRAM\tROLL\tOMFATTNING\tGÄLLER TILL\tLÄGE")
		after := (*string)(nil)
		for {
			most := page.Most
			tokens, err := s.Tokens.List(ctx, now, page.Args{First: &most, After: after})
			if err != nil {
				return err
			}
			for _, t := range tokens.Nodes() {
				if only != nil && t.MunicipalityID != only.ID {
					continue
				}
				state := "gäller (valid)"
				if t.RevokedAt != nil {
					state = "återkallad (revoked)"
				} else if !t.ExpiresAt.After(now.At) {
					state = "utgången (expired)"
				}
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", t.NodeID(), t.Label, t.Role, join(t.Scopes), t.ExpiresAt.Format(time.DateOnly), state)
			}
			if !tokens.PageInfo.HasNextPage {
				return table.Flush()
			}
			after = tokens.PageInfo.EndCursor
		}
	})
}

func tokenRevoke(ctx context.Context, p *program, args []string) error {
	set := p.flags()
	if err := parse(set, args, 1); err != nil {
		return err
	}
	id, err := gid.ID(set.Arg(0)).As("api_token", "id")
	if err != nil {
		return err
	}
	return p.withServices(ctx, func(ctx context.Context, s *app.Services) error {
		revoked, err := s.Tokens.Revoke(ctx, id)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(p.out, "Nyckeln för %q är återkallad. (The token is revoked.)\n", revoked.Label)
		return err
	})
}

func join[T ~string](all []T) string {
	words := make([]string, len(all))
	for i, one := range all {
		words[i] = string(one)
	}
	return strings.Join(words, ",")
}

// municipalityOf finds the municipality that a flag names by its SCB code.
func municipalityOf(ctx context.Context, s *app.Services, code string) (*organisation.Municipality, error) {
	session := s.DB.Session()
	defer session.Close()
	now, err := session.Present(ctx)
	if err != nil {
		return nil, err
	}
	return findMunicipality(ctx, s, now, code)
}

func findMunicipality(ctx context.Context, s *app.Services, r postgres.Reader, code string) (*organisation.Municipality, error) {
	m, err := s.Organisation.MunicipalityByCode(ctx, r, code)
	return m, noMunicipality(code, err)
}

func noMunicipality(code string, err error) error {
	if fault.CodeOf(err) != fault.NotFound || err == nil {
		return err
	}
	return fault.Field("--municipality", "municipality_unknown",
		fmt.Sprintf("Ingen kommun är registrerad med koden %q. Ange SCB:s fyra siffror, som 0581.", code),
		fmt.Sprintf("No municipality is registered with the code %q. Give Statistics Sweden's four digits, such as 0581.", code))
}
