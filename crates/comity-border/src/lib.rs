//! decide(), reasons, obligations, Cleared
