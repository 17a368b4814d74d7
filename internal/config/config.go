// Package config reads the server's settings from the environment, once, at
// start. Every setting is a field of Config; its tags name the variable, its
// default and its meaning, so that the values, the help and the documentation
// come from one place. Nothing else in the program looks at the environment.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"fardplan/internal/fault"
)

// prefix begins the name of every variable of the program.
const prefix = "FARDPLAN_"

// Config is all settings of one process, checked. It prints without secrets in
// every format of fmt and log/slog.
type Config struct {
	Addr             Address         `env:"ADDR" envDefault:"127.0.0.1:8080" sv:"Adress som webbservern lyssnar på." en:"Address the web server listens on."`
	MetricsAddr      OptionalAddress `env:"METRICS_ADDR" envDefault:"127.0.0.1:9464" sv:"Adress för mätvärden till Prometheus; off stänger av dem." en:"Address of the metrics for Prometheus; off turns them off."`
	DatabaseURL      Secret          `env:"DATABASE_URL" sv:"Databasen, med programmets roll. Tom: en egen privat server startas i FARDPLAN_DATA_DIR." en:"The database, with the application's role. Empty: a private server of its own is started in FARDPLAN_DATA_DIR."`
	DatabaseOwnerURL Secret          `env:"DATABASE_OWNER_URL" sv:"Samma databas med ägarens roll, för migreringar. Tom: FARDPLAN_DATABASE_URL." en:"The same database with the owner's role, for migrations. Empty: FARDPLAN_DATABASE_URL."`
	DatabaseReadURL  Secret          `env:"DATABASE_READ_URL" sv:"Samma databas med läsrollens inloggning; ingen kopia som släpar efter. Tom: FARDPLAN_DATABASE_URL." en:"The same database with the reading role's login; not a replica that lags. Empty: FARDPLAN_DATABASE_URL."`
	DataDir          Folder          `env:"DATA_DIR" envDefault:".fardplan" sv:"Mapp för den privata databasservern; skapas vid behov." en:"Folder of the private database server; made when needed."`
	PostgresBin      Folders         `env:"POSTGRES_BIN" sv:"Mappar med PostgreSQL:s program. Tom: de vanliga platserna genomsöks." en:"Folders with PostgreSQL's programs. Empty: the usual places are searched."`
	Demo             bool            `env:"DEMO" envDefault:"false" sv:"Demoläge med exempeldata och inloggning utan lösenord. Bara på den egna datorn och aldrig med en extern databas." en:"Demo mode with sample data and sign-in without a password. Only on the machine itself and never with an external database."`
	LogLevel         LogLevel        `env:"LOG_LEVEL" envDefault:"info" sv:"Lägsta nivå som loggas." en:"Lowest level that is logged."`
	LogFormat        LogFormat       `env:"LOG_FORMAT" envDefault:"json" sv:"Loggens format." en:"Format of the log."`
	CORSOrigins      Origins         `env:"CORS_ORIGINS" sv:"Webbplatser vars sidor får anropa API:et från webbläsaren. Tom: inga andra än den egna." en:"Web sites whose pages may call the API from the browser. Empty: none but its own."`
	PublicURL        BaseURL         `env:"PUBLIC_URL" sv:"Adressen som användarna ser, när servern står bakom en proxy." en:"The address that users see, when the server is behind a proxy."`
	OIDCFile         File            `env:"OIDC_FILE" sv:"JSON-fil med kommunernas inloggningstjänster, se docs/sign-in.md. Tom: ingen inloggning." en:"JSON file of the municipalities' sign-in services, see docs/sign-in.md. Empty: no sign-in."`
	SessionIdle      time.Duration   `env:"SESSION_IDLE" envDefault:"2h" sv:"Tid utan användning efter vilken en inloggning upphör." en:"Time without use after which a sign-in ends."`
	SessionLife      time.Duration   `env:"SESSION_LIFE" envDefault:"12h" sv:"Längsta tid som en inloggning gäller." en:"Longest time that a sign-in is valid."`
	MaxDepth         int             `env:"MAX_DEPTH" envDefault:"15" sv:"Största djup i en GraphQL-fråga, i nivåer." en:"Greatest depth of a GraphQL query, in levels."`
	MaxCost          int             `env:"MAX_COST" envDefault:"20000" sv:"Högsta kostnad för en GraphQL-fråga; listor multiplicerar." en:"Highest cost of a GraphQL query; lists multiply."`
	MaxAliases       int             `env:"MAX_ALIASES" envDefault:"50" sv:"Flest alias i en GraphQL-fråga." en:"Most aliases in a GraphQL query."`
	MaxBodyBytes     ByteSize        `env:"MAX_BODY_BYTES" envDefault:"1MiB" sv:"Största storlek på ett anrops innehåll." en:"Greatest size of a request's body."`
	MaxUploadBytes   ByteSize        `env:"MAX_UPLOAD_BYTES" envDefault:"8MiB" sv:"Detsamma för den som är inloggad och får skicka filer, till exempel kalkylblad." en:"The same for those signed in, who may send files such as spreadsheets."`
	QueryTimeout     time.Duration   `env:"QUERY_TIMEOUT" envDefault:"10s" sv:"Längsta tid för en GraphQL-fråga." en:"Longest time of a GraphQL query."`
	RateCost         int             `env:"RATE_COST_PER_MINUTE" envDefault:"200000" sv:"Sammanlagd kostnad som en anropare får använda per minut." en:"Total cost that a caller may spend in a minute."`
	ShutdownTimeout  time.Duration   `env:"SHUTDOWN_TIMEOUT" envDefault:"20s" sv:"Tid som pågående anrop får på sig när servern stannar." en:"Time that requests under way are given when the server stops."`
	PoolSize         int             `env:"POOL_SIZE" envDefault:"10" sv:"Flest samtidiga anslutningar i var och en av tre pooler: skriva, läsa och läsa det förflutna." en:"Most simultaneous connections of each of three pools: for writing, reading, and reading the past."`
	Introspection    bool            `env:"INTROSPECTION" envDefault:"true" sv:"Om GraphQL-schemat får läsas genom API:et." en:"Whether the GraphQL schema can be read through the API."`
	TrustedProxies   Prefixes        `env:"TRUSTED_PROXIES" sv:"Nät vars proxyservrar får säga varifrån ett anrop kommer (X-Forwarded-For). Tom: inga." en:"Networks whose proxies may say where a request comes from (X-Forwarded-For). Empty: none."`
	AllowPrivate     bool            `env:"ALLOW_PRIVATE_FETCH" envDefault:"false" sv:"Om importer och länkkontroller får nå privata adresser, som i det interna nätet." en:"Whether imports and checks of links may reach private addresses, such as the internal network's."`
}

// Load gives the settings in environ, which has the form of os.Environ. The
// error is a fault.List of everything that is wrong, with the variable's name
// as the field of each fault; the value of a secret is in none of them.
// Spaces around a value are no part of it, and an empty value is the default.
func Load(environ []string) (Config, error) {
	src, faults := read(environ)

	var c Config
	funcs := map[reflect.Type]env.ParserFunc{}
	for t, k := range kinds() {
		funcs[t] = k.parse
	}
	err := env.ParseWithOptions(&c, env.Options{Prefix: prefix, Environment: src.values, FuncMap: funcs})
	if err != nil {
		refused, err := refusals(err, src)
		if err != nil {
			return Config{}, err
		}
		faults = append(faults, refused...)
	}
	faults = append(faults, contradictions(c, faults)...)
	if err := faults.Err(); err != nil {
		return Config{}, err
	}

	if c.DatabaseOwnerURL.Empty() {
		c.DatabaseOwnerURL = c.DatabaseURL
	}
	if c.DatabaseReadURL.Empty() {
		c.DatabaseReadURL = c.DatabaseURL
	}
	return c, nil
}

// refusals turns each field that env could not set into the fault of its
// variable. An error of another kind is a fault of Config's own declaration.
func refusals(err error, src source) (fault.List, error) {
	byField := map[string]Variable{}
	for _, v := range Describe() {
		byField[v.field] = v
	}
	var faults fault.List
	var all env.AggregateError
	if !errors.As(err, &all) {
		return nil, fmt.Errorf("read the settings: %w", err)
	}
	for _, err := range all.Errors {
		var parse env.ParseError
		if !errors.As(err, &parse) {
			return nil, fmt.Errorf("read the settings: %w", err)
		}
		v := byField[parse.Name]
		shownSv, shownEn := "Värdet (hemligt, visas inte)", "the value (secret, not shown)"
		if !v.Secret {
			shownSv = printable(src.values[v.Name])
			shownEn = shownSv
		}
		faults.Add(fault.Field(src.field(v.Name), "setting_value",
			fmt.Sprintf("%s godtas inte. Ange %s.", shownSv, v.ValuesSv),
			fmt.Sprintf("%s is not accepted; give %s", shownEn, v.ValuesEn)))
	}
	return faults, nil
}

// rule is a condition on several variables at once. It is asked only when each
// of them is right by itself; the fault points at the first.
type rule struct {
	variables []string
	word      string
	broken    func(Config) bool
	sv, en    string
}

func rules() []rule {
	return []rule{
		{[]string{"DEMO", "DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_READ_URL"}, "demo_database",
			func(c Config) bool {
				return c.Demo && !(c.DatabaseURL.Empty() && c.DatabaseOwnerURL.Empty() && c.DatabaseReadURL.Empty())
			},
			"Demoläget får aldrig användas med en extern databas. Ta bort FARDPLAN_DEMO eller databasens adress.",
			"demo mode is never used with an external database; remove FARDPLAN_DEMO or the database's URL"},
		{[]string{"DEMO", "ADDR"}, "demo_address",
			func(c Config) bool { return c.Demo && !c.Addr.Loopback() },
			"Demoläget får bara svara på den egna datorn. Ta bort FARDPLAN_DEMO eller ange FARDPLAN_ADDR som 127.0.0.1:8080.",
			"demo mode answers on the machine itself only; remove FARDPLAN_DEMO or give FARDPLAN_ADDR as 127.0.0.1:8080"},
		{[]string{"DATABASE_OWNER_URL", "DATABASE_URL"}, "database_missing",
			func(c Config) bool { return c.DatabaseURL.Empty() && !c.DatabaseOwnerURL.Empty() },
			"Ange också FARDPLAN_DATABASE_URL; utan den används en privat databasserver.",
			"give FARDPLAN_DATABASE_URL too; without it a private database server is used"},
		{[]string{"DATABASE_READ_URL", "DATABASE_URL"}, "database_missing",
			func(c Config) bool { return c.DatabaseURL.Empty() && !c.DatabaseReadURL.Empty() },
			"Ange också FARDPLAN_DATABASE_URL; utan den används en privat databasserver.",
			"give FARDPLAN_DATABASE_URL too; without it a private database server is used"},
		{[]string{"OIDC_FILE", "PUBLIC_URL"}, "oidc_public_url",
			func(c Config) bool { return c.OIDCFile != "" && !c.PublicURL.Secure() },
			"Inloggningen behöver FARDPLAN_PUBLIC_URL: adressen som användarna ser, utan sökväg och med https (http bara på den egna datorn).",
			"sign-in needs FARDPLAN_PUBLIC_URL: the address that users see, without a path and with https (http on the machine itself only)"},
		{[]string{"SESSION_IDLE", "SESSION_LIFE"}, "session_idle",
			func(c Config) bool { return c.SessionIdle > c.SessionLife },
			"Tiden utan användning är längre än FARDPLAN_SESSION_LIFE. Ange en kortare.",
			"the time without use is longer than FARDPLAN_SESSION_LIFE; give a shorter one"},
		{[]string{"METRICS_ADDR", "ADDR"}, "address_taken",
			func(c Config) bool {
				return string(c.MetricsAddr) == string(c.Addr) && !strings.HasSuffix(string(c.Addr), ":0")
			},
			"Adressen är densamma som FARDPLAN_ADDR. Ange en annan port, eller off.",
			"the address is the same as FARDPLAN_ADDR; give another port, or off"},
	}
}

func contradictions(c Config, known fault.List) fault.List {
	faulty := map[string]bool{}
	for _, f := range known {
		faulty[strings.TrimSuffix(f.Field, fileSuffix)] = true
	}
	var faults fault.List
	for _, r := range rules() {
		askable := true
		for _, v := range r.variables {
			askable = askable && !faulty[prefix+v]
		}
		if askable && r.broken(c) {
			faults.Add(fault.Field(prefix+r.variables[0], r.word, r.sv, r.en))
		}
	}
	return faults
}

// LogValue gives every setting under its variable's name, secrets masked.
func (c Config) LogValue() slog.Value {
	var attrs []slog.Attr
	value := reflect.ValueOf(c)
	for _, v := range Describe() {
		attrs = append(attrs, slog.String(v.Name, fmt.Sprint(value.FieldByName(v.field).Interface())))
	}
	return slog.GroupValue(attrs...)
}

// String gives every setting as NAME="value", secrets masked.
func (c Config) String() string {
	var b strings.Builder
	for i, a := range c.LogValue().Group() {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%s=%q", a.Key, a.Value.String())
	}
	return b.String()
}
