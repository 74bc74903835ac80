//! Values that Go omits from JSON.

/// Says whether Go's `omitempty` omits a value: it is the type's default.
pub(super) fn is_omitted<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
