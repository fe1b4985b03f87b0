//! STIX reading, markings and manifests
