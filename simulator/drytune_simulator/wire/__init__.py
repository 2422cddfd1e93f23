"""What goes over the wire, as types: the platform's objects and what its requests carry (FACTS.md §1, §3, §4).

Answers are made of these types, requests are read into them (`drytune_simulator.reading`), and the OpenAPI
document is generated from them: there is one description of the API.
"""
