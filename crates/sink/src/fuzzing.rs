//! What the fuzzer in `tests/fuzz` holds the private readers of this crate to.

use crate::folder::Manifest;

/// Reads the manifest of a folder; what was read is read again of what is written of it, and so are its columns.
pub fn manifest(json: &[u8]) {
    let Ok(mut manifest) = Manifest::parse(json) else { return };
    assert_eq!(Manifest::parse(&manifest.to_json()).as_ref(), Ok(&manifest));
    for file in &manifest.files {
        file.written("folder/");
    }
    let Ok(columns) = manifest.columns() else { return };
    manifest.set_columns(&columns);
    assert_eq!(manifest.columns(), Ok(columns));
}
