//! The functions that evaluate a part of the expression for each element of a list.

use std::sync::Arc;

use super::failure::Failure;
use super::run::{Element, Run, Stop, truth};
use super::value::Value;
use super::value_index::ValueIndex;
use super::{compare, read};
use crate::text::expression::syntax::{BinaryOperator, Node, Syntax};

impl<'v> Run<'v> {
    /// Evaluates a predicate for an element; gives the element itself if there is no predicate.
    fn for_element(
        &mut self,
        body: Option<&'v Node>,
        value: Option<&Value>,
        index: usize,
        sum: Option<Value>,
    ) -> Result<Value, Stop> {
        let Some(body) = body else {
            return Ok(read::required(value)?);
        };
        self.scopes.push(Element {
            value: value.cloned(),
            index,
            sum,
        });
        let found = self.value(body);
        self.scopes.pop();
        found
    }

    /// Calls a function that loops over a list.
    pub(super) fn loop_over(&mut self, name: &str, arguments: &'v [Node]) -> Result<Value, Stop> {
        let Some(first) = arguments.first() else {
            return Err(Failure::new(format!("`{name}` needs a list")).into());
        };
        // expr-lang joins `map` and `filter` into one loop.
        if let ("map", Syntax::Builtin(inner, kept), Some(body)) =
            (name, &first.syntax, arguments.get(1))
            && inner == "filter"
            && !uses_index(body)
        {
            return self.filter_and_map(kept, body);
        }
        let collection = self.value(first)?;
        self.look_through(&collection)?;
        let elements = read::elements(&collection)?;
        let body = arguments.get(1);
        match name {
            "map" => {
                let mut values = Vec::with_capacity(elements.len());
                for (index, value) in elements.iter().enumerate() {
                    values.push(self.for_element(body, value.as_ref(), index, None)?);
                }
                self.grow(values.len())?;
                Ok(Value::list(values))
            }
            "reduce" => self.reduce(elements, body, arguments.get(2)),
            "sum" => {
                let mut sum = Value::Integer(0);
                for (index, value) in elements.iter().enumerate() {
                    let value = self.for_element(body, value.as_ref(), index, Some(sum.clone()))?;
                    sum = self.operate(BinaryOperator::Add, &value, &sum)?;
                }
                Ok(sum)
            }
            "groupBy" => self.group_by(&elements, body),
            "sortBy" => {
                let descending = match arguments.get(2) {
                    Some(order) => compare::is_descending(&self.value(order)?)?,
                    None => false,
                };
                let mut values = Vec::with_capacity(elements.len());
                for (index, value) in elements.into_iter().enumerate() {
                    let key = self.for_element(body, value.as_ref(), index, None)?;
                    values.push((key, read::required(value.as_ref())?));
                }
                compare::sort(&mut values, descending)?;
                self.grow(values.len())?;
                Ok(Value::list(
                    values.into_iter().map(|(_, value)| value).collect(),
                ))
            }
            "findLast" | "findLastIndex" => self.search(name, &elements, body, true),
            "find" | "findIndex" => self.search(name, &elements, body, false),
            _ => self.count(name, &elements, body),
        }
    }

    fn filter_and_map(&mut self, kept: &'v [Node], body: &'v Node) -> Result<Value, Stop> {
        let [first, condition] = kept else {
            return Err(Failure::new("`filter` needs a list and a condition").into());
        };
        let collection = self.value(first)?;
        let mut values = Vec::new();
        for (index, value) in read::elements(&collection)?.iter().enumerate() {
            if truth(&self.for_element(Some(condition), value.as_ref(), index, None)?)? {
                values.push(self.for_element(Some(body), value.as_ref(), index, None)?);
            }
        }
        self.grow(values.len())?;
        Ok(Value::list(values))
    }

    fn reduce(
        &mut self,
        elements: Vec<Option<Value>>,
        body: Option<&'v Node>,
        start: Option<&'v Node>,
    ) -> Result<Value, Stop> {
        let mut elements = elements.into_iter().enumerate();
        let mut sum = match start {
            Some(start) => self.value(start)?,
            None => match elements.next() {
                Some((_, first)) => read::required(first.as_ref())?,
                None => return Err(Failure::new("`reduce` has nothing to start with").into()),
            },
        };
        for (index, value) in elements {
            sum = self.for_element(body, value.as_ref(), index, Some(sum))?;
        }
        Ok(sum)
    }

    fn group_by(
        &mut self,
        elements: &[Option<Value>],
        body: Option<&'v Node>,
    ) -> Result<Value, Stop> {
        let mut groups: Vec<(Value, Vec<Value>)> = Vec::new();
        let mut value_index = ValueIndex::default();
        for (index, value) in elements.iter().enumerate() {
            let key = self.for_element(body, value.as_ref(), index, None)?;
            if !key.can_be_key() {
                return Err(Failure::new(format!("{} is not a key", key.go_type())).into());
            }
            let value = read::required(value.as_ref())?;
            let is_at = |place: usize| {
                let group = groups.get(place);
                group.is_some_and(|(known, _)| compare::same(known, &key))
            };
            let known = value_index.find_or_add(&key, groups.len(), is_at)?;
            match known.and_then(|place| groups.get_mut(place)) {
                Some((_, group)) => group.push(value),
                None => groups.push((key, vec![value])),
            }
        }
        let groups = groups
            .into_iter()
            .map(|(key, group)| (key, Value::list(group)))
            .collect();
        Ok(Value::Groups(Arc::new(groups)))
    }

    fn search(
        &mut self,
        name: &str,
        elements: &[Option<Value>],
        body: Option<&'v Node>,
        backwards: bool,
    ) -> Result<Value, Stop> {
        let indices: Box<dyn Iterator<Item = usize>> = if backwards {
            Box::new((0..elements.len()).rev())
        } else {
            Box::new(0..elements.len())
        };
        for index in indices {
            let Some(value) = elements.get(index) else {
                continue;
            };
            if truth(&self.for_element(body, value.as_ref(), index, None)?)? {
                return Ok(if name.ends_with("Index") {
                    compare::count(index)
                } else {
                    read::required(value.as_ref())?
                });
            }
        }
        Ok(Value::Nil)
    }

    fn count(
        &mut self,
        name: &str,
        elements: &[Option<Value>],
        body: Option<&'v Node>,
    ) -> Result<Value, Stop> {
        let mut kept = Vec::new();
        let mut count = 0;
        for (index, value) in elements.iter().enumerate() {
            let fits = truth(&self.for_element(body, value.as_ref(), index, None)?)?;
            match (name, fits) {
                ("all", false) | ("none", true) => return Ok(Value::Boolean(false)),
                ("any", true) => return Ok(Value::Boolean(true)),
                ("filter", true) => kept.push(read::required(value.as_ref())?),
                (_, true) => count += 1,
                _ => {}
            }
        }
        Ok(match name {
            "all" | "none" => Value::Boolean(true),
            "any" => Value::Boolean(false),
            "one" => Value::Boolean(count == 1),
            "count" => compare::count(count),
            _ => {
                self.grow(kept.len())?;
                Value::list(kept)
            }
        })
    }
}

fn uses_index(body: &Node) -> bool {
    let mut found = false;
    body.walk(&mut |node| {
        found |= matches!(&node.syntax, Syntax::Pointer(name) if name == "index");
    });
    found
}
