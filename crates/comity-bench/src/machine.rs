//! The machine under a figure: its type, its load, the versions of what matters, CPU time and memory.

use serde::Serialize;
use std::{collections::BTreeMap, fs, process::Command, time::Instant};

/// The machine.
#[derive(Debug, Serialize)]
pub struct Machine {
    cpu: String,
    cores: usize,
    memory_gib: u64,
    kernel: String,
}

/// The versions of what a figure rests on.
#[derive(Debug, Serialize)]
pub struct Versions {
    comity: &'static str,
    profile: &'static str,
    rustc: String,
    libraries: BTreeMap<&'static str, &'static str>,
}

/// CPU and wall time since a moment.
#[derive(Clone, Copy, Debug)]
pub struct Since {
    clock: fn() -> f64,
    cpu: f64,
    wall: Instant,
}

/// Memory of this process, in MB (10^6 bytes).
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Memory {
    /// Resident now.
    pub resident: f64,
    /// Of that, not backed by a file.
    pub anonymous: f64,
    /// The most that was ever resident.
    pub peak: f64,
}

impl Machine {
    /// This machine.
    pub fn here() -> Machine {
        let cpu = of_line("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned());
        let memory = of_line("/proc/meminfo", "MemTotal").map_or(0, |text| kibibytes(&text));
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        Machine {
            cpu,
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory_gib: (memory + (1 << 19)) >> 20,
            kernel: kernel.trim().to_owned(),
        }
    }
}

impl Versions {
    /// The versions this program was built from.
    pub fn here() -> Versions {
        let asked = Command::new("rustc").arg("--version").output().ok();
        let rustc = asked.and_then(|out| String::from_utf8(out.stdout).ok());
        let wanted = ["aws-lc-rs", "cedar-policy", "fjall", "rustls", "tokio", "zstd"];
        Versions {
            comity: env!("CARGO_PKG_VERSION"),
            profile: if cfg!(debug_assertions) { "dev" } else { "release" },
            rustc: rustc.map_or_else(|| "unknown".to_owned(), |text| text.trim().to_owned()),
            libraries: wanted.into_iter().filter_map(|name| Some((name, locked(name)?))).collect(),
        }
    }
}

/// The version of a library in the lock file.
fn locked(name: &str) -> Option<&'static str> {
    let lock = include_str!("../../../Cargo.lock");
    let (_, after) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
    after.split('"').next()
}

impl Since {
    /// From now on, the CPU time of all threads of this process, in steps of 10 ms.
    pub fn now() -> Since {
        Since::by(of_process)
    }

    /// From now on, the CPU time of this thread alone, to the nanosecond: for work that never leaves it.
    pub fn on_this_thread() -> Since {
        Since::by(of_thread)
    }

    fn by(clock: fn() -> f64) -> Since {
        Since { clock, cpu: clock(), wall: Instant::now() }
    }

    /// CPU seconds since.
    pub fn cpu(self) -> f64 {
        (self.clock)() - self.cpu
    }

    /// Seconds since.
    pub fn wall(self) -> f64 {
        self.wall.elapsed().as_secs_f64()
    }
}

/// User and system time in ticks (proc(5)): the 14th and 15th field, the second being a name in brackets.
fn of_process() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let ticks = after_name.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok());
    ticks.sum::<f64>() / TICKS
}

/// Ticks of a second as Linux shows them to programs, on every architecture that Rust supports.
const TICKS: f64 = 100.0;

fn of_thread() -> f64 {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|nanos| nanos.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1e9
}

impl Memory {
    /// Of this process now.
    pub fn now() -> Memory {
        let of = |name| of_line("/proc/self/status", name).map_or(0, |text| kibibytes(&text));
        let mb = |name| of(name) as f64 * 1024.0 / 1e6;
        Memory { resident: mb("VmRSS"), anonymous: mb("RssAnon"), peak: mb("VmHWM") }
    }
}

/// The load average over one minute.
pub fn load() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(f64::NAN)
}

fn of_line(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn kibibytes(text: &str) -> u64 {
    text.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_can_be_described() {
        let (machine, versions) = (Machine::here(), Versions::here());
        assert!(machine.cores > 0 && machine.memory_gib > 0 && !machine.kernel.is_empty());
        assert_eq!(versions.libraries.len(), 6, "{versions:?}");
        let memory = Memory::now();
        assert!(memory.resident > 1.0 && memory.peak >= memory.resident, "{memory:?}");
    }

    #[test]
    fn work_costs_cpu_time() {
        let (process, thread) = (Since::now(), Since::on_this_thread());
        let mut hash = comity_record::sha256(&[b"work"]);
        while process.cpu() < 0.05 {
            hash = comity_record::sha256(&[&hash.0]);
        }
        // Other tests run beside this one, in the same process.
        assert!((0.0..=process.cpu() + 0.02).contains(&thread.cpu()) && thread.cpu() > 0.0);
        assert!(process.wall() > 0.0);
    }
}
