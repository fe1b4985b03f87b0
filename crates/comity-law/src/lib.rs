//! The register of law, legal bases and change sets
