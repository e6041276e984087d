//! How long reading may take, and how much memory.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    time::{Duration, Instant},
};

/// One in so many inputs is read repeated, too: what takes the square of a length shows in long texts only.
const REPEATED: u64 = 512;

/// How long a repeated input is, and how long one is that is as slow but for its length.
const LONG: usize = 64 << 10;
const SHORT: usize = LONG / 8;

/// What any input may take, and what each of its KiB may; counters and debug builds take their time.
const BEGINNING: Duration = Duration::from_secs(1);
const EACH_KIBIBYTE: Duration = Duration::from_millis(60);

/// Memory that any input may take, and that each of its bytes may.
const MEMORY: (usize, usize) = (64 << 20, 1 << 10);

/// Reads `data`, and now and then a long text made of it, within bounds of time and memory.
///
/// # Panics
/// The reader does, or it takes too long or too much.
pub fn check(read: fn(&[u8]), data: &[u8]) {
    fastest(read, data, bound(data.len()));
    let mut hash = DefaultHasher::new();
    data.hash(&mut hash);
    if hash.finish().is_multiple_of(REPEATED) && !data.is_empty() {
        let repeated = |length: usize| data.repeat(length.div_ceil(data.len()));
        let (short, long) = (repeated(SHORT), repeated(LONG));
        // Eight times as long may take thrice eight times as long, for machines are no clocks. A square takes 64 times as long.
        let short = fastest(read, &short, bound(short.len()));
        // Resets the peak, where this is Linux.
        let before = fs::write("/proc/self/clear_refs", "5").ok().and_then(|()| peak());
        fastest(read, &long, bound(long.len()).min(short * 24 + BEGINNING));
        if let (Some(before), Some(after)) = (before, peak()) {
            let taken = after.saturating_sub(before);
            assert!(
                taken <= MEMORY.0 + MEMORY.1 * long.len(),
                "{taken} bytes for an input of {}",
                long.len()
            );
        }
    }
}

/// How long an input of this length may take.
fn bound(length: usize) -> Duration {
    BEGINNING + EACH_KIBIBYTE * (length >> 10) as u32
}

/// How long reading takes. Where that is longer than `bound`, it is read three times more, for others use this machine too, and
/// the fastest counts by the time of the processor.
fn fastest(read: fn(&[u8]), data: &[u8], bound: Duration) -> Duration {
    let begun = Instant::now();
    read(data);
    let mut fastest = begun.elapsed();
    for _ in 0..3 {
        if fastest <= bound {
            return fastest;
        }
        let (begun, begun_at) = (Instant::now(), processor_time());
        read(data);
        let of_processor = begun_at.zip(processor_time()).map(|(before, after)| after.saturating_sub(before));
        fastest = fastest.min(of_processor.unwrap_or_else(|| begun.elapsed()));
    }
    assert!(fastest <= bound, "an input of {} bytes takes {fastest:?}, and may take {bound:?}", data.len());
    fastest
}

/// What the processor has done for this process, in hundredths of a second; `None` where this is not Linux.
fn processor_time() -> Option<Duration> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let (_, numbers) = stat.rsplit_once(") ")?;
    let ticks: u64 = numbers.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Some(Duration::from_millis(ticks * 10))
}

/// The most memory that this process has had, in bytes.
fn peak() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: usize = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes << 10)
}
