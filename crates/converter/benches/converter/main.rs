//! `just bench-converter`: this crate, Boa as it comes and node on the same pages in the same run.
//!
//! Each figure is the median of the rounds, in which the engines take turns. The last lines are
//! `RATIO converter threads ours÷node`. With `memory` as argument it converts 20,000 distinct pages instead and prints
//! what the process holds.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod engines;
mod pages;

use std::{path::Path, time::Duration};

use engines::{Engine, Node, Ours, Stock};
use pipeline_converter::{Converter, ConverterLimits};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: usize = 7;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/converter");
    let read = |name: &'static str| {
        (name, std::fs::read_to_string(folder.join(name)).expect("the converter is in the checkout"))
    };
    let scripts = ["guide.js", "wide.js"].map(read);
    match arguments.first().map(String::as_str) {
        Some("memory") => memory(&scripts),
        Some(only @ ("guide" | "wide")) => profile(&scripts, only, arguments.get(1)),
        _ => compare(&scripts, &folder),
    }
}

fn compare(scripts: &[(&'static str, String)], folder: &Path) {
    let pages = pages::eight(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."));
    let pages_folder = tempfile::tempdir().expect("a temporary folder");
    for (index, page) in pages.iter().enumerate() {
        std::fs::write(pages_folder.path().join(format!("page{index}.json")), page).expect("room for pages");
    }
    let bytes = pages.iter().map(String::len).sum::<usize>() / pages.len();
    println!("8 pages of {bytes} bytes, medians of {ROUNDS} rounds, MB/s over all threads\n");
    println!("{:<10} {:>7} {:>10} {:>10} {:>10}", "converter", "threads", "node", "stock Boa", "pipeline");
    let mut node = Node::start(folder, pages_folder.path());
    let mut ours = Ours { pages: &pages, scripts };
    let mut stock = Stock { pages: &pages, scripts };
    let mut ratios = Vec::new();
    for threads in [1, 2] {
        for (converter, _) in scripts {
            let speed = |time: Duration, n: usize| (bytes * n * threads) as f64 / time.as_secs_f64() / 1e6;
            if let Some(node) = &mut node {
                node.run(converter, threads, 100);
            }
            let mut speeds = [const { Vec::new() }; 3];
            for round in 0..ROUNDS {
                if let Some(node) = &mut node {
                    speeds[0].push(speed(node.run(converter, threads, 200), 200));
                }
                if round < 3 {
                    speeds[1].push(speed(stock.run(converter, threads, 4), 4));
                }
                speeds[2].push(speed(ours.run(converter, threads, 200), 200));
            }
            let [node, stock, ours] = speeds.map(median);
            let name = converter.trim_end_matches(".js");
            println!("{name:<10} {threads:>7} {node:>10.0} {stock:>10.0} {ours:>10.0}");
            ratios.push((name, threads, ours / node));
        }
    }
    println!("\nstock Boa has its own JSON.parse; pipeline ends in Arrow batches, the others in rows");
    for (name, threads, ratio) in ratios.into_iter().filter(|(_, _, ratio)| ratio.is_finite()) {
        println!("RATIO {name} {threads} {ratio:.2}");
    }
}

/// The middle of the figures; infinite if there are none.
fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(0.0)
}

/// Only this crate, for a profiler.
fn profile(scripts: &[(&'static str, String)], only: &str, n: Option<&String>) {
    let pages = pages::eight(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."));
    let n = n.and_then(|n| n.parse().ok()).unwrap_or(400);
    let name = if only == "guide" { "guide.js" } else { "wide.js" };
    let time = Ours { pages: &pages, scripts }.run(name, 1, n);
    println!("{only}: {:.3} ms per page", time.as_secs_f64() * 1e3 / n as f64);
}

fn memory(scripts: &[(&'static str, String)]) {
    for (name, code) in scripts {
        let mut converter =
            Converter::new(&engines::script(code), Default::default(), ConverterLimits::default())
                .expect("the script runs");
        let mut next = 0;
        for n_pages in [1_000, 20_000] {
            while next < n_pages {
                let page = pages::make(next * 100);
                engines::convert(&mut converter, std::iter::once(&page));
                next += 1;
            }
            println!("{name}: {n_pages} distinct pages: {}", resident());
        }
    }
}

/// What Linux says about this process.
fn resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let lines = status.lines().filter(|line| line.starts_with("VmRSS") || line.starts_with("VmHWM"));
    lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>().join(", ")
}
