//! A private PostgreSQL: a cluster from the installed binaries in a temporary folder, reached over a Unix socket, gone
//! when dropped. The server refuses to run as root, so for root it runs as `postgres` or `nobody`.

mod server;

use server::{Account, Server};
use std::{
    io,
    path::{Path, PathBuf},
};

/// Why a cluster could not be made or used.
#[derive(Debug, thiserror::Error)]
pub enum ClusterFault {
    /// No server is installed.
    #[error(
        "no PostgreSQL server is installed: neither /usr/lib/postgresql/*/bin nor `pg_config --bindir` has one"
    )]
    NotInstalled,
    /// Root has nobody to run the server as.
    #[error(
        "root cannot run a PostgreSQL server, and there is neither a user `postgres` nor a user `nobody`"
    )]
    NoAccount,
    /// A program could not be started.
    #[error("`{program}`: {why}")]
    Program {
        /// Its path.
        program: String,
        /// The system's reason.
        why: io::Error,
    },
    /// A program failed.
    #[error("`{program}` failed: {said}")]
    Failed {
        /// Its path.
        program: String,
        /// The end of what it wrote.
        said: String,
    },
    /// Files could not be prepared.
    #[error("the folder of the cluster: {0}")]
    Folder(#[from] io::Error),
}

/// A running cluster of its own. It is stopped and its folder removed when the value is dropped.
#[derive(Debug)]
pub struct PrivateCluster {
    server: Option<Server>,
    account: Option<Account>,
    binaries: PathBuf,
    settings: Vec<String>,
    /// Last, so that the server is gone before its folder.
    folder: tempfile::TempDir,
}

impl PrivateCluster {
    /// Makes and starts a cluster. `settings` are `name=value` for the server, after our own: `fsync` stays on.
    pub fn start(settings: &[&str]) -> Result<PrivateCluster, ClusterFault> {
        let mut cluster = PrivateCluster::prepare(settings)?;
        let data = cluster.data();
        cluster.run(
            "initdb",
            &["-D", &text(&data), "-U", "comity", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"],
        )?;
        cluster.resume()?;
        Ok(cluster)
    }

    /// The connection string of tokio-postgres and libpq for a database of this cluster.
    pub fn url(&self) -> String {
        format!("host={} user=comity dbname=postgres", self.sockets().display())
    }

    /// The folder with the tables' files (the write-ahead log is in `pg_wal` beside it).
    pub fn tables(&self) -> PathBuf {
        self.data().join("base")
    }

    /// Runs SQL through `psql` and returns what it prints, unaligned.
    pub fn sql(&self, sql: &str) -> Result<String, ClusterFault> {
        self.run("psql", &["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", &self.url(), "-c", sql])
    }

    /// Changes a setting and lets the server read it again.
    pub fn set(&self, name: &str, value: &str) -> Result<(), ClusterFault> {
        self.sql(&format!("ALTER SYSTEM SET {name} = '{value}'"))?;
        self.sql("SELECT pg_reload_conf()").map(drop)
    }

    /// Kills the postmaster and all its children, as a power cut would for them.
    pub fn kill(&mut self) -> Result<(), ClusterFault> {
        self.server.take().map_or(Ok(()), Server::kill)
    }

    /// Starts the server again after [`PrivateCluster::kill`]; returns once it takes connections.
    pub fn resume(&mut self) -> Result<(), ClusterFault> {
        if self.server.is_none() {
            let program = self.binaries.join("postgres");
            let mut arguments =
                vec!["-D".to_owned(), text(&self.data()), "-k".to_owned(), text(&self.sockets())];
            for setting in ["listen_addresses=", "shared_buffers=32MB", "max_connections=60"] {
                arguments.extend(["-c".to_owned(), setting.to_owned()]);
            }
            for setting in &self.settings {
                arguments.extend(["-c".to_owned(), setting.clone()]);
            }
            self.server = Some(Server::start(&program, &arguments, self.account)?);
        }
        Ok(())
    }

    /// Makes a standby that follows this cluster and starts it. With [`PrivateCluster::require`] it becomes
    /// synchronous.
    pub fn standby(&self, name: &str) -> Result<PrivateCluster, ClusterFault> {
        let settings: Vec<&str> = self.settings.iter().map(String::as_str).collect();
        let mut standby = PrivateCluster::prepare(&settings)?;
        let from = format!("host={} user=comity application_name={name}", self.sockets().display());
        let data = text(&standby.data());
        standby
            .run("pg_basebackup", &["-d", &from, "-D", &data, "-R", "-X", "stream", "-c", "fast", "-N"])?;
        standby.resume()?;
        Ok(standby)
    }

    /// Lets every commit wait until the standby called `name` has it on disk.
    pub fn require(&self, name: &str) -> Result<(), ClusterFault> {
        self.set("synchronous_standby_names", &format!("ANY 1 ({name})"))
    }

    /// Makes a standby a primary; returns once it takes writes.
    pub fn promote(&self) -> Result<(), ClusterFault> {
        self.run("pg_ctl", &["promote", "-w", "-D", &text(&self.data())]).map(drop)
    }

    fn prepare(settings: &[&str]) -> Result<PrivateCluster, ClusterFault> {
        let folder = tempfile::Builder::new().prefix("pg").tempdir()?;
        let account = Account::to_run_as()?;
        let cluster = PrivateCluster {
            server: None,
            account,
            binaries: server::binaries()?,
            settings: settings.iter().map(|setting| (*setting).to_owned()).collect(),
            folder,
        };
        std::fs::create_dir(cluster.sockets())?;
        if let Some(account) = account {
            account.own(cluster.folder.path())?;
            account.own(&cluster.sockets())?;
        }
        Ok(cluster)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn sockets(&self) -> PathBuf {
        self.folder.path().join("s")
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<String, ClusterFault> {
        server::run(&self.binaries.join(program), arguments, self.account)
    }
}

impl Drop for PrivateCluster {
    fn drop(&mut self) {
        // Nothing can be told from here; a server that survives its folder ends by itself.
        let _ = self.kill();
    }
}

fn text(path: &Path) -> String {
    path.display().to_string()
}
