//! What an edit changes of a YAML file, told by its meaning.

use crate::yaml::{Node, Value};

impl Node {
    /// Whether `other` says the same, wherever it says it, but for values that `may_differ` allows to.
    pub fn is_same_but<F: Fn(&Self, &Self) -> bool>(&self, other: &Self, may_differ: &F) -> bool {
        if may_differ(self, other) {
            return true;
        }
        match (&self.value, &other.value) {
            (Value::List(own), Value::List(others)) => {
                own.len() == others.len()
                    && own.iter().zip(others).all(|(own, other)| own.is_same_but(other, may_differ))
            }
            (Value::Map(own), Value::Map(others)) => {
                let is_same = |((key, own), (other_key, other)): (&(_, Self), &(_, Self))| {
                    let (key, other_key): (&crate::Spanned<String>, &crate::Spanned<String>) =
                        (key, other_key);
                    key.value == other_key.value && own.is_same_but(other, may_differ)
                };
                own.len() == others.len() && own.iter().zip(others).all(is_same)
            }
            (own, other) => own == other,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Environment, Reader, Value};

    #[test]
    fn a_value_may_differ_and_nothing_else() {
        let check = |after: &str, expected: bool| {
            let reader = Reader::new(Environment::empty());
            let before = reader.parse("p.yaml", "a: [1, {b: x}]\nc: x # of c\n").unwrap();
            let after = reader.parse("p.yaml", after).unwrap();
            let is_c = |own: &crate::Node, _: &crate::Node| {
                own.value == Value::Text("x".into()) && reader.position(own.span).1 == 2
            };
            assert_eq!(before.is_same_but(&after, &is_c), expected, "{after:?}");
        };
        check("a: [1, {b: x}]\nc: x\n", true);
        check("\n# another layout\na:\n- 1\n- b: x\nc: |\n  y\n", true);
        check("a: [1, {b: y}]\nc: x\n", false);
        check("a: ['1', {b: x}]\nc: x\n", false);
        check("a: [1, {b: x}, 2]\nc: x\n", false);
        check("a: [1, {b: x, d: }]\nc: x\n", false);
        check("a: [1, {d: x}]\nc: x\n", false);
        check("a: [1, {b: x}]\nc: x\nschedule: {}\n", false);
        check("a: [1, {b: x}]\nC: x\n", false);
    }
}
