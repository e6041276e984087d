//! Where the parts of a changed text come from.

/// Pieces that were copied, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Map {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    /// In the changed text.
    at: usize,
    /// In the author's text.
    from: usize,
    length: usize,
}

impl Map {
    pub(super) fn copied(&mut self, at: usize, from: usize, length: usize) {
        self.pieces.push(Piece { at, from, length });
    }

    /// Where in the author's text the byte at `at` comes from; what was added comes from what follows it.
    pub(crate) fn origin(&self, at: usize) -> usize {
        let next = self.pieces.partition_point(|piece| piece.at <= at);
        match next.checked_sub(1).map(|last| self.pieces[last]) {
            Some(piece) if at < piece.at + piece.length => piece.from + (at - piece.at),
            last => match self.pieces.get(next) {
                Some(following) => following.from,
                None => last.map_or(0, |piece| piece.from + piece.length),
            },
        }
    }

    /// Where in the author's text something ends that ends before `at`; what was added stands for all that it replaced.
    pub(crate) fn origin_of_end(&self, at: usize) -> usize {
        let next = self.pieces.partition_point(|piece| piece.at < at);
        next.checked_sub(1).map_or(0, |last| {
            let piece = self.pieces[last];
            match (at - piece.at <= piece.length, self.pieces.get(next)) {
                (false, Some(following)) => following.from,
                _ => piece.from + (at - piece.at).min(piece.length),
            }
        })
    }
}
