// Command fardplan is Färdplan: the server, and what its keepers do from the command
// line. It holds flags and calls only.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"fardplan/internal/access"
	"fardplan/internal/app"
	"fardplan/internal/config"
	"fardplan/internal/fault"
	"fardplan/internal/observe"
)

// version is the release, set when it is built.
var version = "dev"

// command is one thing that the program does.
type command struct {
	name    string // its words, such as "token create"
	sv, en  string // what it does
	example string
	run     func(ctx context.Context, p *program, args []string) error
}

func commands() []command {
	return []command{
		{"serve", "Svarar på anrop tills den stoppas.", "Answers requests until it is stopped.", "fardplan serve", serve},
		{"migrate up", "Inför de databasändringar som saknas.", "Applies the migrations that the database lacks.", "fardplan migrate up", migrateUp},
		{"migrate status", "Visar vilka databasändringar som är införda.", "Shows which migrations are applied.", "fardplan migrate status", migrateStatus},
		{"demo", "Lägger in demonstrationen i en tom databas.", "Loads the demonstration into an empty database.", "fardplan demo", loadDemo},
		{"import oep", "Visar vad en hämtning från Open ePlatform skulle ändra; med --apply görs det.", "Shows what an import from Open ePlatform would change; --apply does it.", `fardplan import oep --municipality 0581 --url https://e-tjanster.example.se --default-owner "Kommunikationsenheten" --apply`, importOep},
		{"import sheet", "Visar vad ett kalkylblad skulle ändra i katalogen; med --apply görs det.", "Shows what a spreadsheet would change in the catalogue; --apply does it.", `fardplan import sheet --municipality 0581 --file katalog.xlsx --default-owner "Kommunikationsenheten" --apply`, importSheet},
		{"import usage", "Visar vad ett kalkylblad eller plattformens statistik säger om användningen; med --apply läses det in.", "Shows what a spreadsheet or the platform's statistics say of use; --apply takes it in.", "fardplan import usage --municipality 0581 --file getflowinstances.xml --flows getflows.json --from 2026-01-01 --to 2026-03-31 --apply", importUsage},
		{"export e-services", "Skriver en kommuns e-tjänster till ett kalkylblad, som kan ändras och läsas in igen.", "Writes a municipality's e-services to a spreadsheet, which can be edited and taken in again.", "fardplan export e-services --municipality 0581 --file katalog.xlsx", exportEServices},
		{"links check", "Kontrollerar nu de länkar som inte kontrollerats i natt.", "Checks now the links that have not been checked this night.", "fardplan links check --municipality 0581", checkLinks},
		{"jobs", "Visar när bakgrundsjobben senast kördes, hur det gick och när de står på tur.", "Shows when each background job last ran, what came of it and when it is due.", "fardplan jobs", listJobs},
		{"watch", "Ser efter nu vad som har ändrats i e-tjänsteplattformarna, som varje natt.", "Looks now at what has changed on the e-service platforms, as every night.", "fardplan watch --municipality 0581", watchPlatforms},
		{"municipality add", "Registrerar en kommun, den första som installationens egen.", "Registers a municipality, the first one as the installation's own.", `fardplan municipality add --code 0581 --name Norrköping`, municipalityAdd},
		{"token create", "Skapar en API-nyckel och visar den en enda gång.", "Makes an API token and shows it this once.", `fardplan token create --municipality 0581 --role CATALOGUE_EDITOR --scopes READ,WRITE_CATALOGUE --label "Webbplatsen"`, tokenCreate},
		{"token list", "Visar API-nycklarna.", "Lists the API tokens.", "fardplan token list --municipality 0581", tokenList},
		{"token revoke", "Återkallar en API-nyckel genast.", "Revokes an API token at once.", "fardplan token revoke ID", tokenRevoke},
		{"user list", "Visar användarna.", "Lists the users.", "fardplan user list", userList},
		{"user grant", "Ger en användare en roll, också före den första inloggningen.", "Gives a user a role, also before the first sign-in.", `fardplan user grant --user 4F3A-91BC --role ADMIN --function "Förvaltningsledare"`, userGrant},
		{"user revoke", "Tar tillbaka en roll.", "Takes a role back.", "fardplan user revoke --user 4F3A-91BC --role ADMIN", userRevoke},
		{"user forget", "Glömmer personen bakom en användare för gott.", "Forgets the person behind a user for good.", "fardplan user forget --user 4F3A-91BC", userForget},
		{"version", "Visar utgåvan.", "Shows the release.", "fardplan version", showVersion},
	}
}

// program is what the commands share.
type program struct {
	cfg     config.Config
	log     *slog.Logger
	out     io.Writer
	command command
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr); err != nil {
		complain(os.Stderr, err)
		stop()
		os.Exit(1)
	}
}

// run finds the command that the arguments name and runs it.
func run(ctx context.Context, args, environ []string, out, errs io.Writer) error {
	for _, c := range commands() {
		words := strings.Fields(c.name)
		if len(args) < len(words) || strings.Join(args[:len(words)], " ") != c.name {
			continue
		}
		rest := args[len(words):]
		p := &program{out: out, command: c}
		if len(rest) == 1 && (rest[0] == "-h" || rest[0] == "--help" || rest[0] == "help") {
			rest = []string{"-h"} // answered before any setting is asked for
		} else {
			cfg, err := config.Load(environ)
			if err != nil {
				return err
			}
			p.cfg, p.log = cfg, observe.NewLogger(errs, cfg.LogLevel, string(cfg.LogFormat))
		}
		err := c.run(ctx, p, rest)
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	usage(out)
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		return nil
	}
	return fault.New(fault.Invalid,
		fmt.Sprintf("Det finns inget kommando %q. Kommandona står ovan.", strings.Join(args, " ")),
		fmt.Sprintf("There is no command %q. The commands are above.", strings.Join(args, " ")))
}

func usage(out io.Writer) {
	fmt.Fprint(out, "Färdplan: e-tjänster, samverkan, mål och beslut i kommuner.\nE-services, collaboration, goals and decisions of municipalities.\n\n")
	for _, c := range commands() {
		fmt.Fprintf(out, "  fardplan %-17s %s\n  %26s %s\n", c.name, c.sv, "", c.en)
	}
	fmt.Fprint(out, "\nfardplan KOMMANDO -h visar kommandots val och ett exempel.\nfardplan COMMAND -h shows the command's options and an example.\n")
}

// flags makes the command's set of flags, whose help shows an example.
func (p *program) flags() *flag.FlagSet {
	set := flag.NewFlagSet(p.command.name, flag.ContinueOnError)
	set.SetOutput(p.out)
	set.Usage = func() {
		fmt.Fprintf(p.out, "fardplan %s\n\n%s\n%s\n\nExempel (example):\n  %s\n", p.command.name, p.command.sv, p.command.en, p.command.example)
		some := false
		set.VisitAll(func(*flag.Flag) { some = true })
		if some {
			fmt.Fprint(p.out, "\nVal (options):\n")
			set.PrintDefaults()
		}
		fmt.Fprint(p.out, "\nInställningar görs med FARDPLAN_*, se docs/configuration.md.\nSettings are made with FARDPLAN_*, see docs/configuration.md.\n")
	}
	return set
}

// parse reads the arguments, of which want stand beside the flags.
func parse(set *flag.FlagSet, args []string, want int) error {
	if err := set.Parse(args); err != nil {
		return err
	}
	if set.NArg() != want {
		return fault.New(fault.Invalid,
			fmt.Sprintf("Fel antal argument. Se fardplan %s -h.", set.Name()), fmt.Sprintf("The wrong number of arguments. See fardplan %s -h.", set.Name()))
	}
	return nil
}

// withServices runs do with the services over the database of the configuration,
// acting as the command line.
func (p *program) withServices(ctx context.Context, do func(context.Context, *app.Services) error) error {
	return p.withDatabase(ctx, func(ctx context.Context, d *app.Database) error {
		db, err := d.Open(ctx, p.cfg, nil)
		if err != nil {
			return err
		}
		defer db.Close()
		return do(access.With(ctx, access.SystemCaller("kommandorad")), app.NewServices(db, access.Policy{}, app.GapRules()))
	})
}

func (p *program) withDatabase(ctx context.Context, do func(context.Context, *app.Database) error) (err error) {
	d, err := app.FindDatabase(ctx, p.cfg, p.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return do(ctx, d)
}

// complain tells what went wrong: a fault in both languages, anything else as it is.
func complain(errs io.Writer, err error) {
	all := fault.All(err)
	if len(all) == 0 {
		fmt.Fprintln(errs, "fardplan:", err)
		return
	}
	for _, f := range all {
		field := ""
		if f.Field != "" {
			field = f.Field + ": "
		}
		fmt.Fprintf(errs, "fardplan: %s%s\n          %s\n", field, f.Sv, f.En)
	}
}
