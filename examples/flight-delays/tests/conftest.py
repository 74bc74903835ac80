from __future__ import annotations

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def flights() -> pd.DataFrame:
    """Three flights of one morning: one on time, one late, one cancelled."""
    return pd.DataFrame(
        {
            "year": 2013,
            "month": 1,
            "day": [2, 1, 1],
            "dep_time": [517.0, 640.0, np.nan],
            "dep_delay": [2.0, 40.0, np.nan],
            "arr_delay": [11.0, np.nan, np.nan],
            "carrier": ["UA", "AA", "AA"],
            "flight": [1545, 1141, 1142],
            "tailnum": ["N14228", "N619AA", None],
            "origin": ["EWR", "JFK", "JFK"],
            "dest": ["IAH", "MIA", "MIA"],
            "distance": [1400, 1089, 1089],
            "hour": [5, 6, 7],
            "minute": [15, 0, 30],
            "time_hour": ["2013-01-02T10:00:00Z", "2013-01-01T11:00:00Z", "2013-01-01T12:00:00Z"],
        }
    )


@pytest.fixture
def weather() -> pd.DataFrame:
    """Five hours of one airport; the third is missing, the last was read twice."""
    hours = [9, 10, 12, 13, 13]
    return pd.DataFrame(
        {
            "origin": "EWR",
            "time_hour": [f"2013-01-01T{hour:02}:00:00Z" for hour in hours],
            "temp": [30.0, 31.0, 33.0, 0.0, 34.0],
            "humid": 60.0,
            "wind_speed": [10.0, 1048.0, 12.0, 13.0, 13.0],
            "visib": 10.0,
            "pressure": [1000.0, 1001.0, 1003.0, 1004.0, 1004.0],
            "precip": [0.1, 0.2, 0.0, 0.0, 0.4],
        }
    )
