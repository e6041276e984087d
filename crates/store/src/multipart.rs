//! Large objects, which are sent in parts.

use std::{fs::File, io::Read};

use futures::{StreamExt, stream::FuturesUnordered};
use object_store::{Error, MultipartUpload, PutPayload, Result};

/// Parts of this size are sent one after another, and repeated alone when they fail; S3 wants at least 5 MiB.
pub(crate) const PART_BYTES: usize = 8 * 1024 * 1024;
/// How many parts may be on their way at once.
const MAX_PARTS: usize = 4;
/// How often the end of an upload that has failed is asked for; the client repeats each of them by itself.
const MAX_ABORTS: usize = 3;

/// Sends a file, unless somebody wants that to end before all parts are there: then it says `false`. Without success the store is told to
/// forget the parts, which would be paid for otherwise.
pub(crate) async fn send(
    upload: &mut dyn MultipartUpload,
    file: File,
    ended: impl Future<Output = ()>,
) -> Result<bool> {
    let sent = tokio::select! {
        sent = send_parts(upload, file) => sent.map(|()| true),
        () = ended => Ok(false),
    };
    // Its outcome is to be known: from here on nobody can end it.
    let sent = match sent {
        Ok(true) => upload.complete().await.map(|_| true),
        other => other,
    };
    if !matches!(sent, Ok(true)) {
        abort(upload).await;
    }
    sent
}

async fn send_parts(upload: &mut dyn MultipartUpload, mut file: File) -> Result<()> {
    let mut under_way = FuturesUnordered::new();
    loop {
        let mut part = Vec::new();
        let n_read = (&mut file).take(PART_BYTES as u64).read_to_end(&mut part);
        if n_read.map_err(|error| Error::Generic { store: "this machine", source: Box::new(error) })? == 0 {
            break;
        }
        while under_way.len() >= MAX_PARTS {
            under_way.next().await.transpose()?;
        }
        under_way.push(upload.put_part(PutPayload::from(part)));
    }
    while under_way.next().await.transpose()?.is_some() {}
    Ok(())
}

/// Ends an upload of which no part is on its way any more, so that none comes after this.
async fn abort(upload: &mut dyn MultipartUpload) {
    for _ in 0..MAX_ABORTS {
        // Nothing is there to forget where it was completed and the answer was lost, or an earlier one of these was heard.
        if let Ok(()) | Err(Error::NotFound { .. }) = upload.abort().await {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::future::BoxFuture;
    use object_store::{PutResult, UploadPart};

    use super::*;

    /// An upload whose part of this number fails, or whose completion does, and whose end is heard at a later try.
    #[derive(Debug, Default)]
    struct Upload {
        n_parts: usize,
        fails_at: Option<usize>,
        n_unheard: usize,
        n_aborts: usize,
        is_open: bool,
        hangs: bool,
    }

    fn refused() -> Error {
        Error::Generic { store: "test", source: "refused".into() }
    }

    impl MultipartUpload for Upload {
        fn put_part(&mut self, _: PutPayload) -> UploadPart {
            self.is_open = true;
            self.n_parts += 1;
            let fails = self.fails_at == Some(self.n_parts);
            let hangs = self.hangs;
            Box::pin(async move {
                if hangs {
                    std::future::pending::<()>().await;
                }
                if fails { Err(refused()) } else { Ok(()) }
            })
        }

        fn complete<'s, 'f>(&'s mut self) -> BoxFuture<'f, Result<PutResult>>
        where
            's: 'f,
            Self: 'f,
        {
            let fails = self.fails_at == Some(0);
            self.is_open = fails;
            let done = || PutResult { e_tag: None, version: None, extensions: Default::default() };
            Box::pin(async move { if fails { Err(refused()) } else { Ok(done()) } })
        }

        fn abort<'s, 'f>(&'s mut self) -> BoxFuture<'f, Result<()>>
        where
            's: 'f,
            Self: 'f,
        {
            self.n_aborts += 1;
            let is_heard = self.n_aborts > self.n_unheard;
            self.is_open &= !is_heard;
            Box::pin(async move { if is_heard { Ok(()) } else { Err(refused()) } })
        }
    }

    #[test]
    fn an_upload_that_fails_leaves_no_parts_behind() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let file = || {
            let file = tempfile::tempfile().unwrap();
            file.set_len(PART_BYTES as u64 * 6 + 1).unwrap();
            file
        };
        let sent = |fails_at, n_unheard| {
            let mut upload = Upload { fails_at, n_unheard, ..Upload::default() };
            let sent = runtime.block_on(send(&mut upload, file(), std::future::pending()));
            (sent.is_ok_and(|is_sent| is_sent), upload)
        };
        let (is_sent, upload) = sent(None, 0);
        assert!(is_sent && upload.n_parts == 7 && upload.n_aborts == 0, "{upload:?}");
        // The completion, the first part, one in the middle, and the last one.
        for (fails_at, n_unheard) in [(0, 0), (1, 0), (3, 1), (7, 2)] {
            let (is_sent, upload) = sent(Some(fails_at), n_unheard);
            assert!(!is_sent && !upload.is_open, "{upload:?}");
            assert_eq!(upload.n_aborts, n_unheard + 1, "{upload:?}");
        }
        let (_, upload) = sent(Some(1), 9);
        assert!(upload.is_open && upload.n_aborts == MAX_ABORTS, "{upload:?}");
        // Somebody wants it to end while a part is on its way.
        let mut upload = Upload { hangs: true, ..Upload::default() };
        let sent = runtime.block_on(send(&mut upload, file(), async {}));
        assert!(!sent.unwrap() && !upload.is_open && upload.n_aborts == 1, "{upload:?}");
    }
}
