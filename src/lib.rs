//! Renewal reporting on exported partner memberships.

pub mod rules;
