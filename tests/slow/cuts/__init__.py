"""A rig that cuts a run off at any request: a real server, a door before it, and a client that can be killed.

    client (`clients`)  --->  door (`door`)  --->  drytune serve (`servers`)
      killed, resumed          looks, kills          fails by its own faults, is killed, started anew

`table` has the cuts, `bench` performs one and judges what is left on the server.
"""
