//! Values that Go leaves out where it writes JSON.

/// Says whether Go's `omitempty` leaves a value out: it is what the field has without one.
pub(super) fn is_omitted<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
