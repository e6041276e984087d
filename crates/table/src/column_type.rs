//! The types a column may have, and which of two holds both.

use serde::{Deserialize, Serialize};

/// An object type with more members than this becomes JSON text.
///
/// So many keys are data (ids, dates), not a schema: each would be a Parquet column of its own. Real records, Jira
/// issues with all their custom fields among them, stay below.
pub const MAX_MEMBERS: usize = 200;

/// What the values of a column are; serialised as its [exact name](Self::exact_name).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum ColumnType {
    /// Nothing but nulls so far; readers see text.
    Null,
    /// Booleans.
    Bool,
    /// Whole numbers within ±2^53, which floats hold exactly.
    Int,
    /// Whole numbers of 64 bits, which floats do not hold; readers see the same type as `Int`.
    Long,
    /// 64-bit floats.
    Float,
    /// Decimal numbers, exactly; only declared.
    Decimal {
        /// How many digits there are in all, 1 to [`MAX_PRECISION`].
        precision: u8,
        /// How many of them come after the point.
        scale: u8,
    },
    /// Text.
    Text,
    /// Days; only declared.
    Date,
    /// Times of day in microseconds; only declared.
    Time,
    /// Microseconds, UTC.
    Timestamp,
    /// Microseconds of a date and time whose zone nobody knows; only declared.
    LocalTimestamp,
    /// Lengths of time in microseconds; only declared.
    Duration,
    /// Bytes; only declared.
    Binary,
    /// Scalars of several types; readers see text.
    ///
    /// It is apart from `Text` because the type may yet widen to `Json`, where `1` and `"1"` differ. In Arrow it is
    /// text with a `"` before what was text, until the run is over and [`Columns::published`](crate::Columns) says
    /// `Text`.
    Mixed,
    /// JSON text. Inferred, it is canonical: members by name, those that are null left out. An object may have been
    /// a struct before, which knows neither the order of one row nor null from missing, and the text must not
    /// depend on that. Declared, it is as the converter returned it.
    Json,
    /// Lists of one type.
    List(Box<ColumnType>),
    /// Objects with these members; while there are none, readers see JSON text, since Parquet has no empty group.
    Struct(Vec<(String, ColumnType)>),
    /// Objects whose keys are data, with values of one type; only declared.
    Map(Box<ColumnType>),
}

/// The digits of the largest decimal, which Arrow keeps in 128 bits.
pub const MAX_PRECISION: u8 = 38;

impl ColumnType {
    /// The narrowest type that holds the values of both without losing any.
    ///
    /// Numbers widen int → float; a 64-bit integer beside floats, and any other mix of scalars, is mixed; lists and
    /// objects widen member by member; where the shapes differ the values become JSON text. The order of widening
    /// makes no difference but to the order of members.
    #[must_use]
    pub fn widen(&self, other: &ColumnType) -> ColumnType {
        use ColumnType::{Decimal, Float, Int, Json, List, Long, Map, Mixed, Null, Struct};
        match (self, other) {
            (Null, other) | (other, Null) => other.clone(),
            (List(a), List(b)) => List(Box::new(a.widen(b))),
            (Struct(a), Struct(b)) => widen_members(a, b),
            (Map(a), Map(b)) => Map(Box::new(a.widen(b))),
            (a, b) if a == b => a.clone(),
            (Int, Long) | (Long, Int) => Long,
            (Int, Float) | (Float, Int) => Float,
            (Decimal { precision, scale }, Decimal { precision: other_precision, scale: other_scale }) => {
                widen_decimals((*precision, *scale), (*other_precision, *other_scale))
            }
            (a, b) if a.is_scalar() && b.is_scalar() => Mixed,
            _ => Json,
        }
    }

    /// Whether a value is one number, text, time or the like, and no list, object or JSON text of any shape.
    pub fn is_scalar(&self) -> bool {
        !matches!(self, ColumnType::Json | ColumnType::List(_) | ColumnType::Struct(_) | ColumnType::Map(_))
    }

    /// The type once no more rows can come: what was mixed is text.
    #[must_use]
    pub fn published(&self) -> ColumnType {
        match self {
            ColumnType::Mixed => ColumnType::Text,
            ColumnType::List(item) => ColumnType::List(Box::new(item.published())),
            ColumnType::Map(value) => ColumnType::Map(Box::new(value.published())),
            ColumnType::Struct(members) => ColumnType::Struct(
                members.iter().map(|(name, member)| (name.clone(), member.published())).collect(),
            ),
            other => other.clone(),
        }
    }
}

impl ColumnType {
    /// The type to declare so that values of this one fit: there is one type of whole numbers, and one of text.
    pub(crate) fn declared(&self) -> ColumnType {
        match self {
            ColumnType::Int => ColumnType::Long,
            ColumnType::Null | ColumnType::Mixed => ColumnType::Text,
            ColumnType::List(item) => ColumnType::List(Box::new(item.declared())),
            ColumnType::Map(value) => ColumnType::Map(Box::new(value.declared())),
            ColumnType::Struct(members) if members.is_empty() => ColumnType::Json,
            ColumnType::Struct(members) => ColumnType::Struct(
                members.iter().map(|(name, member)| (name.clone(), member.declared())).collect(),
            ),
            other => other.clone(),
        }
    }
}

impl ColumnType {
    /// The member, at any depth, with which there is one more than `n_left`, which loses as many as there are before it.
    pub(crate) fn member_beyond(&self, n_left: &mut usize) -> Option<&str> {
        match self {
            Self::List(item) => item.member_beyond(n_left),
            Self::Struct(members) => members.iter().find_map(|(name, member)| {
                let Some(left) = n_left.checked_sub(1) else { return Some(&**name) };
                *n_left = left;
                member.member_beyond(n_left)
            }),
            _ => None,
        }
    }
}

fn widen_members(a: &[(String, ColumnType)], b: &[(String, ColumnType)]) -> ColumnType {
    let mut members = a.to_vec();
    for (name, member) in b {
        match members.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = known.widen(member),
            None => members.push((name.clone(), member.clone())),
        }
    }
    if members.len() > MAX_MEMBERS { ColumnType::Json } else { ColumnType::Struct(members) }
}

/// The decimal with room for the digits of both, before the point and after it.
fn widen_decimals(a: (u8, u8), b: (u8, u8)) -> ColumnType {
    let scale = a.1.max(b.1);
    let precision = (a.0 - a.1).max(b.0 - b.1) + scale;
    if precision > MAX_PRECISION { ColumnType::Mixed } else { ColumnType::Decimal { precision, scale } }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::{ColumnType::*, *};

    fn list(item: ColumnType) -> ColumnType {
        List(Box::new(item))
    }

    fn object(members: &[(&str, ColumnType)]) -> ColumnType {
        Struct(members.iter().map(|(name, member)| ((*name).to_owned(), member.clone())).collect())
    }

    #[test]
    fn widens_both_ways_alike() {
        let check = |a: ColumnType, b: ColumnType, expected: ColumnType| {
            assert_eq!(a.widen(&b), expected, "{a:?} with {b:?}");
            assert_eq!(b.widen(&a), expected, "{b:?} with {a:?}");
        };
        check(Null, Int, Int);
        check(Int, Float, Float);
        check(Int, Long, Long);
        check(Long, Float, Mixed);
        check(Bool, Int, Mixed);
        check(Timestamp, Text, Mixed);
        check(Timestamp, Timestamp, Timestamp);
        check(Mixed, Text, Mixed);
        check(Mixed, list(Int), Json);
        check(Text, list(Text), Json);
        check(list(Null), list(Int), list(Int));
        check(list(Int), list(object(&[])), list(Json));
        check(object(&[("a", Int)]), object(&[("a", Float)]), object(&[("a", Float)]));
        check(object(&[("a", Int)]), Null, object(&[("a", Int)]));
        check(object(&[]), list(Int), Json);
        let decimal = |precision, scale| Decimal { precision, scale };
        check(decimal(10, 2), decimal(8, 4), decimal(12, 4));
        check(decimal(38, 0), decimal(38, 1), Mixed);
        check(decimal(10, 2), Int, Mixed);
        check(Date, Timestamp, Mixed);
        check(Map(Box::new(Int)), Map(Box::new(Float)), Map(Box::new(Float)));
        check(Map(Box::new(Int)), object(&[("a", Int)]), Json);
        assert_eq!(object(&[("a", Int)]).widen(&object(&[("b", Int)])), object(&[("a", Int), ("b", Int)]));
    }

    #[test]
    fn an_object_with_too_many_keys_is_data() {
        let wide = Struct((0..MAX_MEMBERS).map(|n| (n.to_string(), Int)).collect());
        assert_eq!(wide.widen(&object(&[("one more", Int)])), Json);
    }

    #[test]
    fn readers_do_not_see_what_only_widening_needs() {
        let inferred = list(object(&[("a", Mixed), ("b", Null)]));
        assert_eq!(inferred.published(), list(object(&[("a", Text), ("b", Null)])));
        assert_eq!(inferred.name(), "list<struct<a: string, b: string>>");
    }

    pub(crate) fn types() -> impl Strategy<Value = ColumnType> {
        let leaf = proptest::sample::select(vec![
            Null,
            Bool,
            Int,
            Long,
            Float,
            Text,
            Timestamp,
            Mixed,
            Json,
            Date,
            Time,
            LocalTimestamp,
            Duration,
            Binary,
            Decimal { precision: 38, scale: 38 },
            Decimal { precision: 38, scale: 2 },
            Decimal { precision: 38, scale: 4 },
            Decimal { precision: 9, scale: 4 },
        ]);
        leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                inner.clone().prop_map(list),
                inner.clone().prop_map(|value| Map(Box::new(value))),
                proptest::collection::btree_map("[a-b]?|[<>:,\"\n]", inner, 0..3)
                    .prop_map(|members| Struct(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// Whatever pages come first, the run's types are the same.
        #[test]
        fn widening_is_associative(a in types(), b in types(), c in types()) {
            prop_assert_eq!(a.widen(&b).widen(&c), a.widen(&b.widen(&c)));
            prop_assert_eq!(a.widen(&a), a);
        }
    }
}
