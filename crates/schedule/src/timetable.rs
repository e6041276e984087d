//! What to do now.

use std::{collections::VecDeque, time::Duration};

use jiff::{SignedDuration, Timestamp};

use super::{
    spec::{CatchUp, Overlap, ScheduleSpec},
    times::Planned,
};

/// A run that begins by so much later than planned was missed, not late: nobody was there to begin it.
const GRACE: SignedDuration = SignedDuration::from_mins(1);

/// No more runs than this wait, nor are made up for; a machine that was off for a month must not run for a week.
const MAX_WAITING: usize = 100;

/// No wait between two tries is longer.
const MAX_RETRY_WAIT: Duration = Duration::from_secs(3600);

/// Something that is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Begin a run; tell [`Timetable::ended`] when it has.
    Start {
        /// Which.
        planned: Planned,
        /// Which try, from 1.
        attempt: u32,
    },
    /// Leave a run out, and note why.
    Skip {
        /// Which.
        planned: Planned,
        /// Why.
        reason: Reason,
    },
    /// End the run that takes too long; it ends as failed.
    Stop {
        /// Which.
        planned: Planned,
    },
    /// Tell those of `on_failure`: it has failed for good.
    Report {
        /// Which.
        planned: Planned,
        /// How often it was tried.
        attempts: u32,
    },
}

/// Why a run was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The run before has not ended.
    Overlap,
    /// Its time had passed, and it is not made up for.
    Missed,
}

/// How a run has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// All is there.
    Succeeded,
    /// It may be tried again.
    Failed,
    /// The server is being stopped: after a restart it counts as missed.
    Interrupted,
}

#[derive(Debug, Clone, Copy)]
struct Waiting {
    planned: Planned,
    attempt: u32,
    not_before: Timestamp,
}

#[derive(Debug, Clone, Copy)]
struct Running {
    planned: Planned,
    attempt: u32,
    deadline: Option<Timestamp>,
}

/// One pipeline's times, the run that is under way, and those that wait. At most one runs at a time.
#[derive(Debug, Clone)]
pub struct Timetable {
    spec: ScheduleSpec,
    next: Option<Planned>,
    waiting: VecDeque<Waiting>,
    running: Option<Running>,
}

impl Timetable {
    /// The timetable of a server that starts now; `last` is the planned time of the last run in the history that ended
    /// or was left out. Runs since then were missed; a pipeline without history has missed none.
    pub fn new(spec: ScheduleSpec, now: Timestamp, last: Option<Timestamp>) -> Self {
        let next = spec.times.after(last.unwrap_or(now));
        Self { spec, next, waiting: VecDeque::new(), running: None }
    }

    /// The clock was set back by `step`, at `since` or later: times that lie ahead because of it would stop the schedule for
    /// as long.
    pub fn clock_set_back(&mut self, since: Timestamp, step: SignedDuration) {
        let earlier = |time: Timestamp| time.saturating_sub(step).unwrap_or(Timestamp::MIN);
        self.next = self.spec.times.after(since);
        for waiting in &mut self.waiting {
            waiting.not_before = earlier(waiting.not_before);
        }
        if let Some(running) = &mut self.running {
            running.deadline = running.deadline.map(earlier);
        }
    }

    /// When to call [`tick`](Self::tick) again, if nothing happens before.
    ///
    /// A caller that sleeps for longer than a minute at once does not notice that the machine's clock was set.
    pub fn wake_at(&self) -> Option<Timestamp> {
        let next = self.next.map(|planned| planned.starts);
        let waiting = match self.running {
            None => self.waiting.front().map(|waiting| waiting.not_before),
            Some(running) => running.deadline,
        };
        next.into_iter().chain(waiting).min()
    }

    /// The next planned time, whatever waits or runs before it.
    pub fn next(&self) -> Option<Planned> {
        self.next
    }

    /// Whether the run of that planned time is under way.
    pub fn is_running(&self, planned: Planned) -> bool {
        self.running.is_some_and(|running| running.planned == planned)
    }

    /// The run that is under way is this try: a server before this one has made others.
    pub fn is_tried(&mut self, planned: Planned, attempt: u32) {
        if let Some(running) = self.running.as_mut().filter(|running| running.planned == planned) {
            running.attempt = attempt;
        }
    }

    /// What is to be done at `now`.
    pub fn tick(&mut self, now: Timestamp) -> Vec<Action> {
        let mut actions = Vec::new();
        if let Some(running) = &mut self.running
            && running.deadline.is_some_and(|deadline| deadline <= now)
        {
            running.deadline = None;
            actions.push(Action::Stop { planned: running.planned });
        }
        self.take_due(now, &mut actions);
        self.start(now, &mut actions);
        actions
    }

    /// What is to be done after the run that was started has ended.
    pub fn ended(&mut self, now: Timestamp, how: Ended) -> Vec<Action> {
        let mut actions = Vec::new();
        if let (Some(Running { planned, attempt, .. }), Ended::Failed) = (self.running.take(), how) {
            match attempt <= self.spec.retries {
                true => {
                    let doubled = self.spec.retry_wait.saturating_mul(1 << (attempt - 1).min(20));
                    let wait = doubled.min(MAX_RETRY_WAIT.max(self.spec.retry_wait));
                    let not_before = later(now, wait);
                    self.waiting.push_front(Waiting { planned, attempt: attempt + 1, not_before });
                }
                false => actions.push(Action::Report { planned, attempts: attempt }),
            }
        }
        if how != Ended::Interrupted {
            self.start(now, &mut actions);
        }
        actions
    }

    /// Moves the times that have come to those that wait, or leaves them out.
    fn take_due(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        let mut due = VecDeque::new();
        while let Some(planned) = self.next.filter(|planned| planned.starts <= now) {
            due.push_back(planned);
            self.next = self.spec.times.after(planned.at);
            // Of very many only the last ones can matter, and all others were missed.
            if due.len() > MAX_WAITING {
                actions
                    .extend(due.pop_front().map(|planned| Action::Skip { planned, reason: Reason::Missed }));
            }
        }
        let n_due = due.len();
        for (index, planned) in due.into_iter().enumerate() {
            let is_last = index + 1 == n_due;
            let was_missed = !is_last || now.duration_since(planned.starts) > GRACE;
            let is_made_up_for = match self.spec.catch_up {
                CatchUp::None => false,
                CatchUp::Last => is_last,
                CatchUp::All => true,
            };
            let is_busy = self.running.is_some() || !self.waiting.is_empty();
            // The last of several is due with those that are made up for, however little it is late.
            let is_of_many = was_missed || n_due > 1;
            let waits =
                self.spec.overlap == Overlap::Queue || is_of_many && self.spec.catch_up == CatchUp::All;
            if was_missed && !is_made_up_for {
                actions.push(Action::Skip { planned, reason: Reason::Missed });
            } else if is_busy && !waits || self.waiting.len() >= MAX_WAITING {
                actions.push(Action::Skip { planned, reason: Reason::Overlap });
            } else {
                self.waiting.push_back(Waiting { planned, attempt: 1, not_before: planned.starts });
            }
        }
    }

    fn start(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        if self.running.is_some() || self.waiting.front().is_none_or(|waiting| waiting.not_before > now) {
            return;
        }
        if let Some(Waiting { planned, attempt, .. }) = self.waiting.pop_front() {
            let deadline = self.spec.timeout.map(|timeout| later(now, timeout));
            self.running = Some(Running { planned, attempt, deadline });
            actions.push(Action::Start { planned, attempt });
        }
    }
}

fn later(now: Timestamp, by: Duration) -> Timestamp {
    SignedDuration::try_from(by).ok().and_then(|by| now.checked_add(by).ok()).unwrap_or(Timestamp::MAX)
}
