//! Whether a run writes to a pipeline's own targets.

/// Which targets runs write to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Outputs {
    /// Those that the file names.
    #[default]
    Real,
    /// Others beside them, because the server is the sandbox: its rows and cursors must not mix with real ones.
    Sandbox,
}

impl Outputs {
    /// The name of these outputs in the state folder: empty for real ones.
    pub fn name(self) -> &'static str {
        match self {
            Self::Real => "",
            Self::Sandbox => "sandbox",
        }
    }
}
