"""The sink: what Kafka holds of the streams goes to the lake, each record once."""
