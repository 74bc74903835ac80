//! A mapping with known fields.

/// Defines the type of a mapping: `pub field: Type = "nameInTheDocument"`, in the order of output. `rest` keeps the
/// fields without a type; it is written last, or at `..`.
macro_rules! record {
    ($(#[$about:meta])* pub struct $name:ident {
        $($(#[$doc:meta])* pub $field:ident: $type:ty = $json:literal,)*
        $(.. $($(#[$late_doc:meta])* pub $late:ident: $late_type:ty = $late_json:literal,)+)?
    }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct $name {
            $($(#[$doc])* pub $field: $type,)*
            /// Fields that have no type here, unchanged.
            pub rest: serde_json::Map<String, serde_json::Value>,
            $($($(#[$late_doc])* pub $late: $late_type,)+)?
        }

        impl $name {
            /// A mapping with unchecked fields. If Argo cannot read it, `rest` keeps it unchanged.
            pub fn unchecked(tree: serde_json::Map<String, serde_json::Value>) -> Self {
                let read = $crate::spec::json::from_json(&serde_json::Value::Object(tree.clone()));
                read.unwrap_or_else(|_| Self {
                    rest: tree,
                    ..Self::default()
                })
            }

            /// Names of the fields that the mapping has.
            pub fn present(&self) -> Vec<&str> {
                use $crate::spec::field::Field;
                let mut names: Vec<&str> = Vec::new();
                $(if !self.$field.is_absent() { names.push($json); })*
                names.extend(self.rest.keys().map(String::as_str));
                $($(if !self.$late.is_absent() { names.push($late_json); })+)?
                names
            }
        }

        impl $crate::spec::field::Field for $name {
            fn read(
                node: &diagnostic::yaml::Yaml,
                at: &$crate::spec::field::FieldPath<'_>,
            ) -> Result<Self, $crate::spec::field::Unreadable> {
                use $crate::spec::field::{mapping, read_or_absent};
                let mut made = Self::default();
                for (key, value) in mapping(node, at)? {
                    match key.name.as_str() {
                        $($json => made.$field = read_or_absent(value, &at.key($json))?,)*
                        $($($late_json => made.$late = read_or_absent(value, &at.key($late_json))?,)+)?
                        other => {
                            made.rest.insert(other.to_owned(), value.to_json());
                        }
                    }
                }
                Ok(made)
            }

            fn is_absent(&self) -> bool {
                $(self.$field.is_absent() &&)* $($(self.$late.is_absent() &&)+)? self.rest.is_empty()
            }

            fn write(&self) -> diagnostic::yaml::Yaml {
                use $crate::spec::field::{node, put, put_rest};
                let mut entries = Vec::new();
                $(put(&mut entries, $json, &self.$field);)*
                put_rest(&mut entries, &self.rest);
                $($(put(&mut entries, $late_json, &self.$late);)+)?
                node(diagnostic::yaml::Content::Mapping(entries))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::spec::field::Field::write(self).serialize(serializer)
            }
        }
    };
}

pub(super) use record;
