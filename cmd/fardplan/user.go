package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/google/uuid"

	"fardplan/internal/access"
	"fardplan/internal/app"
	"fardplan/internal/date"
	"fardplan/internal/fault"
	"fardplan/internal/organisation"
	"fardplan/internal/page"
	"fardplan/internal/signin"
	"fardplan/internal/user"
)

// who is how a command names a user: by the reference that the user has read out, or
// by the key of the person at a provider.
type who struct{ reference, issuer, subject *string }

func whoOf(set *flag.FlagSet) who {
	return who{
		set.String("user", "", "användarens `referens` (reference), som 4F3A-91BC; den står på sidan efter inloggningen"),
		set.String("issuer", "", "i stället: inloggningstjänstens `nyckel` (key of the provider) i FARDPLAN_OIDC_FILE"),
		set.String("subject", "", "med --issuer: personens `sub` hos inloggningstjänsten (the person's sub)"),
	}
}

// check refuses a call that names nobody, or somebody in two ways.
func (w who) check() error {
	byReference, byProvider := *w.reference != "", *w.issuer != "" || *w.subject != ""
	if byReference == byProvider || byProvider && (*w.issuer == "" || *w.subject == "") {
		return fault.Field("--user", "user_missing", "Ange antingen --user, eller både --issuer och --subject.", "Give either --user, or both --issuer and --subject.")
	}
	return nil
}

// provider gives the provider that a call names, nil for one that names none.
func (w who) provider(p *program) (*signin.Issuer, error) {
	if *w.issuer == "" {
		return nil, nil
	}
	if p.cfg.OIDCFile == "" {
		return nil, fault.Field("FARDPLAN_OIDC_FILE", "oidc_file", "Ange filen med inloggningstjänsterna; --issuer är en nyckel i den.", "give the file of providers; --issuer is a key in it")
	}
	issuers, err := signin.ReadIssuers(string(p.cfg.OIDCFile))
	if err != nil {
		return nil, err
	}
	for _, i := range issuers {
		if i.Key == *w.issuer {
			return i, nil
		}
	}
	return nil, fault.Field("--issuer", "issuer_unknown", "Inloggningstjänsten finns inte i FARDPLAN_OIDC_FILE.", "There is no such provider in FARDPLAN_OIDC_FILE.")
}

// named reads the arguments of a command about one user, and gives the provider that
// they name, if any.
func (w who) named(p *program, set *flag.FlagSet, args []string) (*signin.Issuer, error) {
	if err := parse(set, args, 0); err != nil {
		return nil, err
	}
	if err := w.check(); err != nil {
		return nil, err
	}
	return w.provider(p)
}

// find gives the user, who is known already.
func (w who) find(ctx context.Context, s *app.Services, at *signin.Issuer) (*user.Account, error) {
	if at != nil {
		account, err := s.Users.Known(ctx, at.Issuer, *w.subject)
		if err != nil && fault.CodeOf(err) == fault.NotFound {
			err = fault.Field("--subject", "user_unknown", "Ingen användare är känd med den. Se fardplan user list.", "No user is known by it. See fardplan user list.")
		}
		return account, err
	}
	account, err := s.Users.Find(ctx, *w.reference)
	if all := fault.All(err); len(all) == 1 && all[0].Rule == "user_ambiguous" {
		err = all[0].At("--user")
	} else if err != nil && fault.CodeOf(err) == fault.NotFound {
		err = fault.Field("--user", "user_unknown", "Ingen användare har referensen. Se fardplan user list.", "No user has the reference. See fardplan user list.")
	}
	return account, err
}

// give gives the role to a user whom the call names, also before the first sign-in.
func (w who) give(ctx context.Context, s *app.Services, at *signin.Issuer, role access.Role, function *string, last *date.Date) (*user.Grant, error) {
	if at == nil {
		account, err := w.find(ctx, s, nil)
		if err != nil {
			return nil, err
		}
		return s.Users.Give(ctx, account.ID, role, function, last)
	}
	m, err := municipalityOf(ctx, s, at.Municipality)
	if err != nil {
		if fault.CodeOf(err) == fault.Invalid {
			err = fault.Field("--issuer", "municipality_unknown",
				fmt.Sprintf("Inloggningstjänstens kommun, %s, är inte registrerad. Registrera den med fardplan municipality add.", at.Municipality),
				fmt.Sprintf("The provider's municipality, %s, is not registered. Register it with fardplan municipality add.", at.Municipality))
		}
		return nil, err
	}
	return s.Users.GiveBySubject(ctx, at.Issuer, *w.subject, m.ID, role, function, last)
}

func userGrant(ctx context.Context, p *program, args []string) error {
	set := p.flags()
	of := whoOf(set)
	role := set.String("role", "", "`roll` (role): "+join(access.Roles()))
	function := set.String("function", "", "`uppdrag` som ändringarna signeras med (the assignment), aldrig ett namn")
	to := set.String("to", "", "sista `dag` (last day), som 2026-12-31; tomt utan slut")
	at, err := of.named(p, set, args)
	if err != nil {
		return err
	}
	var last *date.Date
	if *to != "" {
		day, err := date.Parse(*to)
		if err != nil {
			return fault.Field("--to", "date", "Ange dagen som ÅÅÅÅ-MM-DD.", "Give the day as YYYY-MM-DD.")
		}
		last = &day
	}
	var said *string
	if *function != "" {
		said = function
	}
	return p.withServices(ctx, func(ctx context.Context, s *app.Services) error {
		grant, err := of.give(ctx, s, at, access.Role(*role), said, last)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(p.out, "Användaren %s har rollen %s från nästa anrop. (The user has the role from the next request.)\n", user.ReferenceOf(grant.UserAccountID), *role)
		return err
	})
}

func userRevoke(ctx context.Context, p *program, args []string) error {
	set := p.flags()
	of := whoOf(set)
	role := set.String("role", "", "`roll` (role): "+join(access.Roles()))
	at, err := of.named(p, set, args)
	if err != nil {
		return err
	}
	return p.withServices(ctx, func(ctx context.Context, s *app.Services) error {
		account, err := of.find(ctx, s, at)
		if err != nil {
			return err
		}
		if _, err := s.Users.RevokeRole(ctx, account.ID, access.Role(*role)); err != nil {
			if fault.CodeOf(err) == fault.NotFound {
				err = fault.Field("--role", "role_not_given", "Användaren har inte fått den rollen här. Roller från inloggningstjänsten tas bort där.", "The user has not been given the role here. Roles of the sign-in service are taken back there.")
			}
			return err
		}
		_, err = fmt.Fprintf(p.out, "Användaren %s har inte längre rollen %s. (The role is taken back.)\n", account.Reference(), *role)
		return err
	})
}

func userForget(ctx context.Context, p *program, args []string) error {
	set := p.flags()
	of := whoOf(set)
	at, err := of.named(p, set, args)
	if err != nil {
		return err
	}
	return p.withServices(ctx, func(ctx context.Context, s *app.Services) error {
		account, err := of.find(ctx, s, at)
		if err != nil {
			return err
		}
		if _, err := s.Users.Forget(ctx, account.ID); err != nil {
			return err
		}
		_, err = fmt.Fprintf(p.out, "Personen bakom %s är glömd: namn, e-post och inloggning är borta. (The person is forgotten.)\n", account.Reference())
		return err
	})
}

func userList(ctx context.Context, p *program, args []string) error {
	if err := parse(p.flags(), args, 0); err != nil {
		return err
	}
	return p.withServices(ctx, func(ctx context.Context, s *app.Services) (err error) {
		session := s.DB.Session()
		defer session.Close()
		now, err := session.Present(ctx)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(p.out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(table, "REFERENS\tKOMMUN\tNAMN\tE-POST\tROLLER HÄR\tSENAST INLOGGAD\tSUB")
		most := page.Most
		for after := (*string)(nil); ; {
			users, err := s.Users.List(ctx, now, page.Args{First: &most, After: after})
			if err != nil {
				return err
			}
			var ids, municipalities []uuid.UUID
			for _, a := range users.Nodes() {
				ids, municipalities = append(ids, a.ID), append(municipalities, a.MunicipalityID)
			}
			people, err1 := s.Users.PeopleOf(ctx, now, ids)
			grants, err2 := s.Users.GrantsOf(ctx, now, ids)
			owners, err3 := s.Organisation.MunicipalitiesByID(ctx, now, municipalities)
			if err := errors.Join(err1, err2, err3); err != nil {
				return err
			}
			for _, a := range users.Nodes() {
				person := people[a.ID]
				if person == nil {
					person = &user.Person{}
				}
				var roles []string
				for _, g := range grants[a.ID] {
					roles = append(roles, string(g.Role))
				}
				seen := ""
				if person.SignedInAt != nil {
					seen = date.Of(*person.SignedInAt).String()
				}
				owner := owners[a.MunicipalityID]
				if owner == nil {
					owner = &organisation.Municipality{}
				}
				// Who has signed in is known by name; the provider's key is nobody's to read then.
				name, subject := person.Name, ""
				if a.ForgottenAt != nil {
					gone := "(glömd, forgotten)"
					name = &gone
				} else if name == nil {
					subject = person.Subject
				}
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", a.Reference(), owner.SCBCode, cell(name), cell(person.Email), strings.Join(roles, ","), seen, cell(&subject))
			}
			if !users.PageInfo.HasNextPage {
				return table.Flush()
			}
			after = users.PageInfo.EndCursor
		}
	})
}

// cell is a text that others have written, if any: what would break its line, or speak
// to the terminal, is blank.
func cell(text *string) string {
	if text == nil {
		return ""
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, *text)
}
