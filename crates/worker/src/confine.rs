//! What a process with a converter gives up before it reads a script.

use std::io;

use pipeline_converter::Converter;

/// Memory of a process that has not done anything, in bytes: its stacks, and what its libraries keep.
#[cfg(target_os = "linux")]
const FOUNDATION: u64 = Converter::THREAD_STACK as u64 + (32 << 20);

/// Limits what this process may use, and which system calls its threads may make: from here on none of them can open a file or
/// a socket, start a process or a thread, or make memory executable. The kernel refuses such a call with `EPERM`, whoever makes
/// it; one that has no such filters goes by the limits alone.
///
/// # Errors
/// When a limit cannot be set, or the kernel has filters and did not take this one.
pub(super) fn confine(memory: u64) -> io::Result<()> {
    // Asked while files can be opened.
    let has_filter = has_system_call_filter();
    limit_resources(memory)?;
    if has_filter { filter::install() } else { Ok(()) }
}

/// Limits memory, open files and the size of files.
#[cfg(target_os = "linux")]
fn limit_resources(memory: u64) -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let limit = |resource, max: u64| setrlimit(resource, Rlimit { current: Some(max), maximum: Some(max) });
    limit(Resource::Data, memory.saturating_add(FOUNDATION))?;
    // The three pipes are open; nothing else can be opened, and no file can grow.
    limit(Resource::Nofile, 3)?;
    limit(Resource::Fsize, 0)?;
    limit(Resource::Core, 0)?;
    Ok(())
}

/// Elsewhere the time limit holds, but not that of memory.
#[cfg(not(target_os = "linux"))]
fn limit_resources(_: u64) -> io::Result<()> {
    let _ = Converter::THREAD_STACK;
    Ok(())
}

/// Whether the kernel holds a worker to the few system calls that converting takes (`seccomp`, Linux on x86-64 and ARM64).
///
/// Where it does not, the limits of the operating system hold, and the converter's own.
pub fn has_system_call_filter() -> bool {
    filter::is_there()
}

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod filter {
    use std::{collections::BTreeMap, io, path::Path};

    use seccompiler::{
        BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
        SeccompFilter, SeccompRule, TargetArch, apply_filter_all_threads,
    };

    /// What reading pages, converting and writing answers take, and what Rust, the C library and the allocator ask for
    /// between. None of them can name a file, an address or a program.
    const ALLOWED: &[libc::c_long] = &[
        // The pipes.
        libc::SYS_read,
        libc::SYS_readv,
        libc::SYS_write,
        libc::SYS_writev,
        libc::SYS_ppoll,
        libc::SYS_close,
        // Memory.
        libc::SYS_brk,
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_madvise,
        // Threads that are there, and the signals of their own faults.
        libc::SYS_futex,
        libc::SYS_sched_yield,
        libc::SYS_sched_getaffinity,
        libc::SYS_getcpu,
        libc::SYS_rseq,
        libc::SYS_set_robust_list,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sigaltstack,
        libc::SYS_gettid,
        libc::SYS_getpid,
        libc::SYS_restart_syscall,
        libc::SYS_exit,
        libc::SYS_exit_group,
        // Time and chance.
        libc::SYS_clock_gettime,
        libc::SYS_clock_getres,
        libc::SYS_clock_nanosleep,
        libc::SYS_nanosleep,
        libc::SYS_gettimeofday,
        libc::SYS_getrandom,
        libc::SYS_getrusage,
    ];

    #[cfg(target_arch = "x86_64")]
    const ARCHITECTURE: TargetArch = TargetArch::x86_64;
    #[cfg(target_arch = "aarch64")]
    const ARCHITECTURE: TargetArch = TargetArch::aarch64;

    /// Kernels that were built without `seccomp` do not have the line; gVisor and the like neither.
    pub(super) fn is_there() -> bool {
        std::fs::read_to_string(Path::new("/proc/self/status"))
            .is_ok_and(|status| status.lines().any(|line| line.starts_with("Seccomp:")))
    }

    pub(super) fn install() -> io::Result<()> {
        let program = program().map_err(io::Error::other)?;
        apply_filter_all_threads(&program).map_err(io::Error::other)
    }

    fn program() -> Result<BpfProgram, BackendError> {
        let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
            ALLOWED.iter().map(|&call| (call, Vec::new())).collect();
        // The third argument of both says what may be done with the memory.
        let no_code = [SeccompRule::new(vec![is_not_executable(2)?])?];
        for call in [libc::SYS_mmap, libc::SYS_mprotect] {
            rules.insert(call, no_code.to_vec());
        }
        // `abort` sends a signal to its own process.
        let own = u64::from(std::process::id());
        let to_itself = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, own)?;
        rules.insert(libc::SYS_tgkill, vec![SeccompRule::new(vec![to_itself])?]);
        let refused = SeccompAction::Errno(libc::EPERM as u32);
        SeccompFilter::new(rules, refused, SeccompAction::Allow, ARCHITECTURE)?.try_into()
    }

    fn is_not_executable(argument: u8) -> Result<SeccompCondition, BackendError> {
        let executable = libc::PROT_EXEC as u64;
        SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(executable), 0)
    }
}

#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
mod filter {
    pub(super) fn is_there() -> bool {
        false
    }

    pub(super) fn install() -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(all(test, target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod tests {
    use std::{fs::File, io, net, os::unix::net::UnixStream, process::Command};

    use super::*;

    /// Says to [`trying`] that it runs in the process that was made for it.
    const MARK: &str = "PIPELINE_CONFINED_TEST";

    /// Each attempt, and what the kernel said to it.
    fn attempts() -> Vec<(&'static str, Option<i32>)> {
        let errno = |error: io::Error| error.raw_os_error();
        let rustix_errno = |error: rustix::io::Errno| Some(error.raw_os_error());
        let memory = rustix::process::Signal::KILL;
        let parent = rustix::process::getppid().expect("a parent");
        vec![
            ("open a file to read", File::open("/etc/passwd").map_or_else(errno, |_| None)),
            ("open a file to write", File::create("/tmp/pipeline-confined").map_or_else(errno, |_| None)),
            ("remove a file", std::fs::remove_file("/tmp/pipeline-confined").map_or_else(errno, |()| None)),
            ("list a folder", std::fs::read_dir("/").map_or_else(errno, |_| None)),
            ("read a link", std::fs::read_link("/proc/self/exe").map_or_else(errno, |_| None)),
            ("connect to an address", net::TcpStream::connect("127.0.0.1:9").map_or_else(errno, |_| None)),
            ("listen", net::TcpListener::bind("127.0.0.1:0").map_or_else(errno, |_| None)),
            ("send a datagram", net::UdpSocket::bind("127.0.0.1:0").map_or_else(errno, |_| None)),
            ("a pair of sockets", UnixStream::pair().map_or_else(errno, |_| None)),
            ("start a process", Command::new("/bin/true").status().map_or_else(errno, |_| None)),
            ("start a thread", std::thread::Builder::new().spawn(|| {}).map_or_else(errno, |_| None)),
            ("make a pipe", rustix::pipe::pipe().map_or_else(rustix_errno, |_| None)),
            ("double a descriptor", rustix::io::dup(io::stdin()).map_or_else(rustix_errno, |_| None)),
            (
                "kill its parent",
                rustix::process::kill_process(parent, memory).map_or_else(rustix_errno, |()| None),
            ),
            ("change its limits", set_limit().map_or_else(rustix_errno, |()| None)),
            ("change its folder", std::env::set_current_dir("/").map_or_else(errno, |()| None)),
        ]
    }

    fn set_limit() -> rustix::io::Result<()> {
        use rustix::process::{Resource, getrlimit, setrlimit};
        setrlimit(Resource::Nofile, getrlimit(Resource::Nofile))
    }

    #[test]
    #[ignore = "run by `the_kernel_refuses_what_converting_does_not_take`, in a process of its own"]
    fn trying() {
        if std::env::var_os(MARK).is_none() {
            return;
        }
        // The limits of open files would refuse some of it: the filter is to do it alone.
        filter::install().expect("a filter");
        for (attempt, refused) in attempts() {
            println!("{attempt}: {refused:?}");
        }
        // What converting takes goes on.
        let grown: Vec<u8> = vec![1; 64 << 20];
        println!("memory: {}", grown.iter().filter(|byte| **byte == 1).count());
    }

    #[test]
    fn the_kernel_refuses_what_converting_does_not_take() {
        assert!(has_system_call_filter(), "this kernel has no seccomp: the test cannot say anything");
        let test = "confine::tests::trying";
        let tried = Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", test, "--ignored", "--nocapture", "--test-threads=1"])
            .env(MARK, "1")
            .output()
            .expect("a process");
        let said = String::from_utf8_lossy(&tried.stdout);
        let answers: Vec<&str> = said.lines().filter(|line| line.contains(": ")).collect();
        let refused = answers.iter().filter(|line| line.ends_with(&format!("Some({})", libc::EPERM))).count();
        assert_eq!(refused, 16, "{said}\n{}", String::from_utf8_lossy(&tried.stderr));
        assert!(answers.contains(&"memory: 67108864"), "{said}");
    }
}
