//! fjall and PostgreSQL implementations of Store
