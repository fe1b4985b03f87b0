//! The node: axum, TLS, configuration, tasks, projections
