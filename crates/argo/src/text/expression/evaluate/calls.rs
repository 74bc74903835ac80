//! Calls of functions and methods that are values.

use super::failure::Failure;
use super::run::{Run, Stop};
use super::value::Value;
use super::{builtins, moments, read, sprig};
use crate::text::expression::functions::argo_functions;
use crate::text::expression::syntax::{Node, Syntax};

impl<'v> Run<'v> {
    pub(super) fn call(&mut self, callee: &'v Node, arguments: &'v [Node]) -> Result<Value, Stop> {
        let values = self.values(arguments)?;
        if let Syntax::Member {
            of,
            property,
            optional,
        } = &callee.syntax
        {
            let base = self.value(of)?;
            if *optional && base.is_nil() {
                return Err(Stop::Nil);
            }
            let key = self.value(property)?;
            if moments::has_methods(&base)
                && let Value::Text(name) = &key
            {
                let found = moments::call(&base, name, &values)?;
                return Ok(self.bounded(found)?);
            }
            let function = read::fetch(&base, &key)?;
            return self.call_function(&function, &values);
        }
        let function = self.value(callee)?;
        self.call_function(&function, &values)
    }

    fn call_function(&mut self, function: &Value, values: &[Value]) -> Result<Value, Stop> {
        let Value::Function(function) = function else {
            let message = match function {
                Value::Nil => "there is no such function".to_owned(),
                other => format!("{} cannot be called", other.go_type()),
            };
            return Err(Failure::new(message).into());
        };
        let Some(signature) = function.signatures.first() else {
            return Err(Failure::Unsupported(format!("`{}`", function.name)).into());
        };
        if !signature.takes_count(values.len()) {
            let message = format!("`{}` takes another number of arguments", function.name);
            return Err(Failure::new(message).into());
        }
        let is_of_argo = argo_functions()
            .iter()
            .any(|(_, known)| std::ptr::eq(known, *function));
        let found = if is_of_argo {
            self.look_through_all(values)?;
            if function.name == "jsonpath" {
                // `jsonpath` parses the text as JSON and visits each part.
                self.add_steps(8 * values.iter().map(Value::steps).sum::<usize>());
                self.check_steps()?;
            }
            builtins::of_argo(function.name, values)?
        } else {
            for (number, value) in values.iter().enumerate() {
                let fits = signature
                    .argument(number)
                    .is_none_or(|kind| kind.takes_as_it_is(&value.static_type()));
                if !fits {
                    let message =
                        format!("`sprig.{}` cannot take {}", function.name, value.go_type());
                    return Err(Failure::new(message).into());
                }
            }
            self.add_steps(sprig::steps(function.name, values));
            self.check_steps()?;
            let found = sprig::call(function.name, values, &self.context)?;
            self.grow(match &found {
                Value::Text(text) => text.len() / 8,
                Value::List(_, values) => values.len(),
                // Even an empty map takes memory.
                Value::Map(map) => 20 + 2 * map.len(),
                _ => 0,
            })?;
            found
        };
        Ok(self.bounded(found)?)
    }
}
