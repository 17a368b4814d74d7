// Package server runs a private PostgreSQL for the program: it finds the
// binaries, initialises the data folder, starts postgres as a child, makes the
// login roles and the database, and stops it again. Nothing but a Unix socket in
// a folder of mode 0700 leads to it, so whoever may enter that folder is trusted
// as any role. It is for a workplace, a demo and the test suite, and for a
// small installation; a larger one has a PostgreSQL of its own and does not use
// this package. Linux and macOS are supported; Windows is not, since postgres is
// reached through a Unix socket and run as another user.
//
// Beneath Options.Dir lie "lock", the file lock of the one program that may run
// the server, and "data", the data folder. When the program runs as root,
// PostgreSQL runs as the user postgres, or nobody where there is none; when that
// user cannot reach Options.Dir (a clone in /root, say) the data lies in a folder
// of its own beneath Options.Shared, and "place" in Options.Dir is a symbolic
// link to it. Binaries that the user cannot reach are copied to Options.Shared
// too. To start afresh, remove Options.Dir and, if "place" is there, what it
// points to.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"fardplan/internal/fault"
)

// The login roles and the database that Start makes.
const (
	OwnerRole = "fardplan_owner" // owns the database and migrates it; may create roles and databases
	AppRole   = "fardplan_app"   // serves; has what the owner grants it
	ReadRole  = "fardplan_read"  // reads; has what the owner grants it
	Database  = "fardplan"       // owned by OwnerRole

	superuser   = "postgres" // for bootstrap alone
	maintenance = "postgres" // the database that the superuser connects to
	port        = 5432       // part of the socket's name only
)

// How long each step of a shutdown may take before the next, harsher one.
const (
	fastShutdown      = 30 * time.Second
	immediateShutdown = 5 * time.Second
)

// Options says where the data lies and which binaries may be used.
type Options struct {
	// Dir is the folder of the server, such as <project>/.fardplan/postgres. It
	// and its parents are created.
	Dir string
	// Binaries are folders to look for initdb and postgres in, besides those
	// where systems put them; see NPMBinaries.
	Binaries []string
	// Major is the major version wanted. 0 means the one that the data is of, and
	// for new data the highest there is.
	Major int
	// Throwaway gives up durability for speed: a hurried stop loses the last
	// transactions, and a crash of the machine may spoil the data. For tests.
	Throwaway bool
	// Shared is the folder for what PostgreSQL's user cannot reach elsewhere, used
	// only as root. Empty means /var/lib/fardplan.
	Shared string
	// Log gets what the server does, and at debug level what postgres prints. Nil
	// means nowhere.
	Log *slog.Logger
}

// Server is a running PostgreSQL, started by this program or attached to.
type Server struct {
	socket string // folder of the socket
	major  int
	pid    int
	log    *slog.Logger

	lock     *lock // nil when attached
	output   *output
	stopping atomic.Bool
	signal   func(syscall.Signal) error
	stopOnce sync.Once
	stopErr  error
	letGo    chan struct{} // closed by Stop of an attached server

	done chan struct{}
	err  error // written before done is closed
}

// Start runs the server of o.Dir: it initialises the data when there is none,
// stops a postgres that a killed program left behind, starts postgres, waits
// until it answers, rebuilds text indexes when the system's collations have
// changed, and makes the roles and the database that are missing. A first start
// takes about a second. ctx bounds the start alone. Faults that a person can mend
// (no binaries, data of another major version, a folder in use or out of reach)
// are *fault.Error.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Shared == "" {
		o.Shared = "/var/lib/fardplan"
	}
	dir, err := folder(o.Dir)
	if err != nil {
		return nil, err
	}
	held, err := acquire(ctx, dir)
	if err != nil {
		return nil, err
	}
	s, err := startLocked(ctx, o, dir, held)
	if err != nil {
		return nil, errors.Join(err, held.release())
	}
	return s, nil
}

// startLocked does the work of Start under the lock.
func startLocked(ctx context.Context, o Options, dir string, held *lock) (*Server, error) {
	at, err := settle(dir, o.Shared)
	if err != nil {
		return nil, err
	}
	binaries, err := choose(Find(ctx, o.Binaries), at, o.Major)
	if err != nil {
		return nil, err
	}
	if binaries, err = at.account.reach(ctx, binaries, o.Shared); err != nil {
		return nil, err
	}
	if err := stopSurvivor(ctx, at.data(), o.Log); err != nil {
		return nil, err
	}
	if at.version == "" {
		if err := initialise(ctx, at, binaries, o); err != nil {
			return nil, err
		}
	}
	socket, err := socketFolder(at)
	if err != nil {
		return nil, err
	}
	s, err := launchServer(ctx, at, binaries, socket, o)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(socket))
	}
	s.lock = held
	if err := s.bootstrap(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("preparing the database server: %w", err), s.shutDown(ctx))
	}
	if err := held.write(record{PID: os.Getpid(), Socket: socket, Postmaster: s.pid, Major: s.major}); err != nil {
		return nil, errors.Join(err, s.shutDown(ctx))
	}
	o.Log.Info("postgresql runs", "version", binaries.Version, "binaries", binaries.Dir, "data", at.data(), "socket", socket, "pid", s.pid)
	return s, nil
}

// settings are given on the command line, where they win over what is in the
// data folder.
func settings(socket string, throwaway bool) []string {
	s := []string{
		"listen_addresses=",
		"unix_socket_directories=" + socket,
		"unix_socket_permissions=0700",
		"port=" + strconv.Itoa(port),
		"logging_collector=off",
		"log_destination=stderr",
		"log_line_prefix=",
		"lc_messages=C",
		"log_timezone=UTC",
		"timezone=UTC",
		"max_connections=150",
		// A tenth of the smallest machine that serves; only what is used is taken.
		"shared_buffers=256MB",
		// Many rows at once would else fill the log in seconds, and each time that it is
		// full every page is written to it whole again.
		"max_wal_size=2GB",
		"checkpoint_timeout=15min",
		"work_mem=16MB",
		"maintenance_work_mem=128MB",
		// The queries are short: compiling them costs more than it gives.
		"jit=off",
	}
	if throwaway {
		// It may lie in memory, where its log is to be short.
		s = append(s, "fsync=off", "full_page_writes=off", "synchronous_commit=off", "max_wal_size=256MB")
	}
	return s
}

// launchServer starts postgres and waits until it answers.
func launchServer(ctx context.Context, at place, binaries Installation, socket string, o Options) (*Server, error) {
	args := []string{"-D", at.data()}
	for _, setting := range settings(socket, o.Throwaway) {
		args = append(args, "-c", setting)
	}
	// The backends of a postmaster that was killed take a moment to end, and until
	// then the new one finds their shared memory in use.
	patience := time.Now().Add(10 * time.Second)
	for {
		s := &Server{socket: socket, major: binaries.Major, log: o.Log, output: &output{log: o.Log}, done: make(chan struct{})}
		if err := s.run(at.account, filepath.Join(binaries.Dir, "postgres"), args); err != nil {
			return nil, fmt.Errorf("starting postgres: %w", err)
		}
		err := s.awaitAnswer(ctx)
		if err == nil {
			return s, nil
		}
		if stopErr := s.end(ctx); stopErr != nil {
			return nil, errors.Join(err, stopErr)
		}
		if !strings.Contains(s.output.tail(), "shared memory block") || time.Now().After(patience) {
			return nil, err
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return nil, err
		}
	}
}

// run starts the postgres process and watches over it.
func (s *Server) run(account account, binary string, args []string) error {
	// A fast shutdown, should this program be killed: backends end and the data
	// is left clean.
	cmd := account.command(context.Background(), syscall.SIGINT, binary, args...)
	cmd.Stdout, cmd.Stderr = s.output, s.output
	ended, err := launch(cmd)
	if err != nil {
		return err
	}
	s.pid = cmd.Process.Pid
	s.signal = func(sig syscall.Signal) error { return cmd.Process.Signal(sig) }
	go func() {
		err := <-ended
		if !s.stopping.Load() {
			s.err = fmt.Errorf("postgres ended by itself (%v): %s", err, s.output.tail())
		}
		close(s.done)
	}()
	return nil
}

// awaitAnswer waits until the server accepts a connection. Recovery after a
// crash may take long: it gives up only when postgres has ended or ctx has.
func (s *Server) awaitAnswer(ctx context.Context) error {
	for {
		conn, err := s.connect(ctx, maintenance)
		if err == nil {
			return conn.Close(ctx)
		}
		var refused *pgconn.PgError
		if errors.As(err, &refused) && refused.Code != "57P03" { // cannot_connect_now
			return fmt.Errorf("connecting to the new database server: %w", err)
		}
		select {
		case <-s.done:
			return fault.New(fault.Invalid,
				"PostgreSQL startade inte. Det skrev: "+s.output.tail(),
				"PostgreSQL did not start. It wrote: "+s.output.tail())
		case <-ctx.Done():
			return fmt.Errorf("waiting for the database server: %w; it wrote: %s", ctx.Err(), s.output.tail())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// connect opens a connection to database as the superuser.
func (s *Server) connect(ctx context.Context, database string) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig(s.URL(superuser, database))
	if err != nil {
		return nil, fmt.Errorf("reading the address of the database server: %w", err)
	}
	// PGOPTIONS and the like are meant for the caller's own connections.
	config.RuntimeParams = map[string]string{"application_name": "fardplan bootstrap"}
	return pgx.ConnectConfig(ctx, config)
}

// URL gives the connection string, a postgres:// URL over the Unix socket, for
// a login role and a database. It can be given to pgx and to psql.
func (s *Server) URL(role, database string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.User(role),
		Path:     "/" + database,
		RawQuery: url.Values{"host": {s.socket}, "port": {strconv.Itoa(port)}, "sslmode": {"disable"}}.Encode(),
	}
	return u.String()
}

// Major gives the major version that runs, such as 18.
func (s *Server) Major() int { return s.major }

// PID gives the process id of the postmaster.
func (s *Server) PID() int { return s.pid }

// Done gives a channel that is closed when postgres has ended, asked to or not,
// and when Stop has let go of an attached server. A server that ended by itself
// still holds its folder until Stop is called.
func (s *Server) Done() <-chan struct{} { return s.done }

// Err says why postgres ended by itself; nil while it runs and after Stop.
func (s *Server) Err() error {
	select {
	case <-s.done:
		return s.err
	default:
		return nil
	}
}

// Stop ends postgres and gives the folder free. Open transactions are rolled
// back. When ctx ends, or after half a minute, postgres is made to stop at once:
// no committed data is lost, but the next start takes longer. On an attached
// server Stop only lets go of it. Stop may be called more than once.
func (s *Server) Stop(ctx context.Context) error {
	s.stopOnce.Do(func() {
		if s.lock == nil {
			close(s.letGo)
			<-s.done
			return
		}
		s.stopErr = errors.Join(s.shutDown(ctx), s.lock.release())
	})
	return s.stopErr
}

// shutDown ends postgres and removes the folder of its socket.
func (s *Server) shutDown(ctx context.Context) error {
	// Whoever wants to attach now should wait for the next server.
	err := s.lock.write(record{PID: os.Getpid()})
	return errors.Join(err, s.end(ctx), os.RemoveAll(s.socket))
}

// end ends postgres, ever less gently.
func (s *Server) end(ctx context.Context) error {
	s.stopping.Store(true)
	for _, step := range []struct {
		signal   syscall.Signal
		patience time.Duration
		ctx      context.Context
	}{
		{syscall.SIGINT, fastShutdown, ctx},
		{syscall.SIGQUIT, immediateShutdown, context.WithoutCancel(ctx)},
		{syscall.SIGKILL, immediateShutdown, context.WithoutCancel(ctx)},
	} {
		if err := s.signal(step.signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("stopping postgres: %w", err)
		}
		select {
		case <-s.done:
			return nil
		case <-step.ctx.Done():
		case <-time.After(step.patience):
		}
		s.log.Warn("postgresql did not stop in time", "signal", step.signal.String())
	}
	return fmt.Errorf("stopping postgres: process %d does not end", s.pid)
}

// pause waits for d, or until ctx ends, and then gives its error.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
